"""What is found of each claim of a forecast: proven, unproven or not asked, per horizon, with the comparisons that
decided it. Evidence keeps it as it is; an answer of the API tells its short form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

Standing = Literal["proven", "unproven", "not asked"]
BesideRival = Literal["better", "worse", "neither"]
STRICT = ConfigDict(extra="forbid")  # read back from evidence, an unknown key is refused


@dataclass(frozen=True)
class Contest:
    """One paired comparison. `difference` is positive where ours is better, `low` and `high` hold 90 % of where the
    true one may lie; `p` is one-sided; `told` says it in words."""

    __pydantic_config__: ClassVar = STRICT

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

    __pydantic_config__: ClassVar = STRICT

    name: str
    met: bool
    value: float
    required: str


@dataclass(frozen=True)
class ClaimVerdict:
    """One claim at one horizon. `p` is the largest over its rivals, `adjusted` what is left of it after paying for
    all questions that were asked with it; both are None where it was not asked."""

    __pydantic_config__: ClassVar = STRICT

    claim: str
    horizon: int
    standing: Standing
    why: str
    p: float | None = None
    adjusted: float | None = None
    dates: int = 0
    rivals: tuple[Contest, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def proven(self) -> bool:
        return self.standing == "proven"

    @property
    def asked(self) -> bool:
        return self.standing != "not asked"


@dataclass(frozen=True)
class Match:
    """How a forecast does on one claim at one horizon beside a single other one."""

    claim: str
    horizon: int
    outcome: BesideRival
    why: str


def proven_at(verdicts: Sequence[ClaimVerdict], horizon: int) -> list[str]:
    """The claims that are proven at this horizon, by name."""
    return sorted(one.claim for one in verdicts if one.proven and one.horizon == horizon)


def horizons_shown(verdicts: Sequence[ClaimVerdict], *, most: int) -> list[int]:
    """The nearest horizons, and the one that is traded wherever it lies: where the others have no money."""
    traded = {one.horizon for one in verdicts if one.claim == "money" and one.asked}
    known = sorted({one.horizon for one in verdicts})
    room = most - len(traded - set(known[:most]))
    return sorted({*known[: max(room, 0)], *traded})
