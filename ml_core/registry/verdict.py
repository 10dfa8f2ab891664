"""What the gate asked and answered, and what the leak audit compared for it."""

from __future__ import annotations

from ml_core.registry.part import EvidencePart


class Check(EvidencePart):
    """One question the gate asks, and the answer."""

    name: str
    passed: bool
    value: float | None
    required: str
    why: str


REFUSALS = {  # a check is named by what must hold; who was refused is told what did not
    "leak audit": "something knew the future",
    "a claim proven": "nothing is proven",
    "more than who sits there": "it proves no more than who sits there",
    "nothing less than who sits there": "it is surely worse than who sits there",
    "probability of overfitting": "its search may have found luck alone",
    "the first verdict on this holdout": "a stricter gate refused it on this holdout",
    "near its parent": "its forecasts are far from its parent's",
    "a direction as its parent's": "its direction is not its parent's",
    "coverage kept": "its intervals hold too few outcomes",
}


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
        return ", ".join(tell_refusal(name) for name in self.refused)


def tell_refusal(check: str) -> str:
    """That this check was not passed. One that an experiment requires is named by its claim, `order proven`; one of an
    earlier candorcast by itself."""
    claim = check.removesuffix(" proven")
    return REFUSALS.get(check) or (f"{claim} is not proven" if claim != check else f"not passed: {check}")


class Audited(EvidencePart):
    """How much of one stage was compared after one change of the future, and how many findings there were."""

    stage: str
    change: str
    dates: int
    rows: int
    columns: int
    findings: int
