"""The lock file: which version of every package a candorcast was installed with. Its hash says it in a line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

from ml_core.spec.shipped import find_shipped

NAME = "constraints.txt"
PLACE = find_shipped(NAME)


@dataclass(frozen=True)
class Lock:
    """`pinned`: how many packages the file names; `otherwise`: those that are installed in another version."""

    sha256: str
    pinned: int
    otherwise: tuple[str, ...]


def read_lock(file: Path = PLACE) -> Lock | None:
    """None where there is no such file, as where the code was copied without it."""
    if not file.is_file():
        return None
    content = file.read_bytes()
    lines = [line.partition("#")[0].partition(";")[0].strip() for line in content.decode().splitlines()]
    pins = [line.split("==") for line in lines if "==" in line]
    otherwise = [
        f"{name} {there} ({wanted})"
        for name, wanted in pins
        if (there := _installed(name)) is not None and there.partition("+")[0] != wanted.partition("+")[0]
    ]
    return Lock(hashlib.sha256(content).hexdigest(), len(pins), tuple(otherwise))


def _installed(name: str) -> str | None:
    try:
        return installed(name.partition("[")[0])
    except PackageNotFoundError:
        return None
