"""What the gate asked and answered, and what the leak audit compared for it."""

from __future__ import annotations

from ml_core.registry.part import Part


class Check(Part):
    """One question the gate asks, and the answer."""

    name: str
    passed: bool
    value: float | None
    required: str
    why: str


class Verdict(Part):
    """Every check, passed or not. Only a candidate that passed them all becomes champion."""

    passed: bool
    checks: tuple[Check, ...] = ()

    @property
    def refused(self) -> list[str]:
        """The names of the checks that were not passed."""
        return [check.name for check in self.checks if not check.passed]


class Audited(Part):
    """How much of one stage was compared after one change of the future, and how many findings there were."""

    stage: str
    change: str
    dates: int
    rows: int
    columns: int
    findings: int
