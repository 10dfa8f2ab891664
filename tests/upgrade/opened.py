"""Opens the homes of releases: where they lie, and what their own code read there."""

import json
import tarfile
from dataclasses import dataclass
from math import isclose
from pathlib import Path

from tests.upgrade.make import HOMES

PACKED = sorted(HOMES.glob("*.tar.xz"))


@dataclass(frozen=True)
class Opened:
    """A copy to work in, and the documents that the commands of then gave there."""

    root: Path
    told: dict[str, object]


def unpack(packed: Path, folder: Path) -> Opened:
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return Opened(folder / "home", json.loads((folder / "told.json").read_text(encoding="utf-8")))


def differing(then: object, now: object, place: str = "", *, near: float = 0.0) -> list[str]:
    """Where a number, a date or a name of then is another now, or is not there any more. What came beside it is no
    difference, nor is a sentence that is told otherwise. `near`: the share by which a number may be another."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            one
            for key, value in then.items()
            for one in (
                differing(value, now[key], f"{place}.{key}", near=near)
                if key in now
                else [f"{place}.{key}: is gone"]
            )
        ]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            one
            for number, (before, after) in enumerate(zip(then, now, strict=True))
            for one in differing(before, after, f"{place}[{number}]", near=near)
        ]
    if isinstance(then, str) and " " in then:
        return []
    if isinstance(then, float) and isinstance(now, float) and isclose(then, now, rel_tol=near):
        return []
    return [] if type(then) is type(now) and then == now else [f"{place}: {then!r} was read, {now!r} is"]
