"""What was found of each claim of a forecast: proven, unproven or not asked, per horizon, with the comparison that
decided it."""

from __future__ import annotations

from typing import Literal

from ml_core.registry.part import Part


class RivalFound(Part):
    """One paired comparison on the holdout; positive where the model was better."""

    rival: str
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    dates: int
    told: str


class ConditionFound(Part):
    """What must hold besides, whatever the p."""

    name: str
    met: bool
    value: float | None
    required: str


class Claim(Part):
    """One claim at one horizon. `p` is that against the hardest rival, `adjusted` after paying for all asked."""

    claim: str
    horizon: int
    standing: Literal["proven", "unproven", "not asked"]
    why: str
    p: float | None = None
    adjusted: float | None = None
    dates: int = 0
    rivals: tuple[RivalFound, ...] = ()
    conditions: tuple[ConditionFound, ...] = ()

    @property
    def proven(self) -> bool:
        return self.standing == "proven"
