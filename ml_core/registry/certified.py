"""Keeps, as a tag of a version in MLflow, that a certificate of it was signed: its digest and by which key. A copy lies
among the files of its run, beside those that it was judged with, which stay as they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TAG = "certificate"


@dataclass(frozen=True)
class Certified:
    """`sha256` of the file, the public `key` that signed it with its `fingerprint`, and the day. Anyone may sign: that
    the key is whose it is said to be, a reader has to know from elsewhere."""

    sha256: str
    key: str
    fingerprint: str
    day: str

    @property
    def told(self) -> str:
        """In a sentence."""
        return (
            f"certified on {self.day}, signed by the key {self.fingerprint}; sha256 of the file {self.sha256}; "
            f"a copy is {self.file} among the files of its run in MLflow"
        )

    @property
    def file(self) -> str:
        """The place of the copy; a later certificate has another, and the earlier copy stays."""
        return f"{TAG}/{self.sha256[:16]}.certificate"

    def read(self, folder: Path) -> bytes | None:
        """The copy below that folder; none of a time when none was kept, or where it is another file."""
        try:
            content = (folder / self.file).read_bytes()
        except (OSError, ValueError):
            return None
        return content if hashlib.sha256(content).hexdigest() == self.sha256 else None


def write_certified(certified: Certified) -> tuple[str, str]:
    """The tag and what stands in it; a later certificate takes the place of an earlier one."""
    return TAG, json.dumps(vars(certified))


def read_certified(tags: Mapping[str, str]) -> Certified | None:
    """A tag that somebody else wrote so is none."""
    try:
        told = json.loads(tags.get(TAG, "null"))
        return Certified(**{name: str(value) for name, value in told.items()}) if told else None
    except (ValueError, TypeError, AttributeError):
        return None
