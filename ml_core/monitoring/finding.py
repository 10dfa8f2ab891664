"""What a check has found of one thing that it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Remedy = Literal["", "refit", "search"]


@dataclass(frozen=True)
class Finding:
    """`value` beside the most that is `allowed`; more is a breach. `told` says it in a sentence; `remedy` is what would
    help of itself, empty where only a person can."""

    subject: str
    value: float
    allowed: float
    told: str
    remedy: Remedy = ""

    @property
    def breach(self) -> bool:
        return self.value > self.allowed
