"""The words and numbers in which claims are answered: plain values, all of them finite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ml_core.evaluation.paired import Mean

Standing = Literal["proven", "unproven", "not asked"]
Outcome = Literal["better", "worse", "neither"]


@dataclass(frozen=True)
class Beside:
    """One paired comparison. `difference` is positive where ours is better, `low` and `high` hold 90 % of where the
    true one may lie; `p` is one-sided; `told` says it in words."""

    rival: str
    difference: float
    low: float
    high: float
    p: float
    dates: int
    told: str


@dataclass(frozen=True)
class Condition:
    """What must hold besides, whatever the p."""

    name: str
    met: bool
    value: float
    required: str


@dataclass(frozen=True)
class Verdict:
    """One claim at one horizon. `p` is the largest over its rivals, `adjusted` what is left of it after paying for
    all questions that were asked with it; both are None where it was not asked."""

    claim: str
    horizon: int
    standing: Standing
    why: str
    p: float | None = None
    adjusted: float | None = None
    dates: int = 0
    rivals: tuple[Beside, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def proven(self) -> bool:
        return self.standing == "proven"


@dataclass(frozen=True)
class Match:
    """A candidate beside whoever sits in the seat, on one claim at one horizon and the rows that both answer."""

    claim: str
    horizon: int
    outcome: Outcome
    why: str
    beside: Beside | None = None


def beside(rival: str, mean: Mean, *, unit: float, told: str) -> Beside:
    """A mean difference per date (positive: ours is better), divided by `unit`."""
    low, high = mean.interval()
    return Beside(rival, mean.value / unit, low / unit, high / unit, mean.p, mean.dates, told)


def tell_share(what: str, share: float, rival: str) -> str:
    """`squared error 1.20 % smaller than zero's`."""
    return f"{what} {100 * abs(share):.2f} % {'smaller' if share >= 0 else 'larger'} than {rival}'s"


def tell_p(p: float) -> str:
    return "below .001" if p < 0.001 else f"{p:.3f}".lstrip("0")
