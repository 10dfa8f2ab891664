"""What became of each part of a certificate: it came out the same, it differs, or nothing here could compare it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SAME, DIFFERS, WORD = "the same", "differs", "taken on the signer's word (not checked)"


@dataclass(frozen=True)
class CheckedPart:
    """Of one part: whether it came out the same, and what did not; `same` is None where it was not compared."""

    part: str
    same: bool | None
    why: str = ""

    @property
    def standing(self) -> str:
        return WORD if self.same is None else SAME if self.same else DIFFERS

    def summary(self) -> dict[str, Any]:
        """As a document tells it."""
        return {**vars(self), "standing": self.standing}


def name_parts(checked: Sequence[CheckedPart], standing: str) -> list[str]:
    return [one.part for one in checked if one.standing == standing]


def conclude(checked: Sequence[CheckedPart]) -> str:
    """In a line: what differs, and what nobody compared."""
    differing = name_parts(checked, DIFFERS)
    compared = f"differs: {', '.join(differing)}" if differing else "what can be made again is the same"
    return f"{compared}; on the signer's word: {', '.join(name_parts(checked, WORD))}"
