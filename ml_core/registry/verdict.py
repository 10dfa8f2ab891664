"""What the gate asked and answered, and what the leak audit compared for it."""

from __future__ import annotations

from ml_core.registry.part import EvidencePart
from ml_core.vocabulary import words


class Check(EvidencePart):
    """One question the gate asks, and the answer."""

    name: str
    passed: bool
    value: float | None
    required: str
    why: str


class Verdict(EvidencePart):
    """Every check, passed or not. Only a candidate that passed them all becomes champion."""

    passed: bool
    checks: tuple[Check, ...] = ()

    @property
    def refused(self) -> list[str]:
        """The names of the checks that were not passed."""
        return [check.name for check in self.checks if not check.passed]

    @property
    def told_refused(self) -> str:
        """What did not hold, in words; empty where every check was passed."""
        return ", ".join(words.refusal(name) for name in self.refused)


class Audited(EvidencePart):
    """How much of one stage was compared after one change of the future, and how many findings there were."""

    stage: str
    change: str
    dates: int
    rows: int
    columns: int
    findings: int
