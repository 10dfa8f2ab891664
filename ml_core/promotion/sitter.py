"""Who sits in the seat when a candidate is judged, and how the candidate does beside him, claim by claim."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ml_core.claims.case import Case
from ml_core.claims.judge import match_claim
from ml_core.claims.verdict import Match
from ml_core.errors import BrokenArtifact, InvalidInput
from ml_core.panel.splits import Split
from ml_core.registry.lineage import judged_of
from ml_core.registry.seats import seat_of
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.rows import forecast_split
from ml_core.walkforward.trading import longest_traded, weigh


@dataclass(frozen=True)
class Sitter:
    """What he has proven, and how the candidate did on each of it on the rows that both answer."""

    version: str
    seat: str
    proven: frozenset[tuple[str, int]]
    matches: tuple[Match, ...]

    def __str__(self) -> str:
        return f"the {self.seat}, version {self.version},"

    @property
    def better(self) -> list[Match]:
        return [one for one in self.matches if one.outcome == "better"]

    @property
    def worse(self) -> list[Match]:
        return [one for one in self.matches if one.outcome == "worse"]


def face_sitter(
    experiment: Experiment,
    registry: Registry,
    present: ModelVersion | None,
    case: Case,
    *,
    prices: pl.DataFrame,
    split: Split,
    share: float,
) -> Sitter | None:
    """The present one on the same holdout; one that cannot answer it stands in nobody's way. Of a refit, which has
    learned from this holdout, the version that was judged faces the candidate. Each look may be luckily better, so it
    has no more than its share of the gate's significance; to be worse needs no such payment."""
    if present is None:
        return None
    seat = seat_of(present) or ""
    try:
        proven = what_is_proven(present, case.horizons)
        present = judged_of(registry, present)
        forecaster = registry.load(present)
        scored = forecast_split(forecaster, forecaster.read(prices), split)
    except (BrokenArtifact, InvalidInput):
        return None
    name, level = f"version {present.version}", experiment.gate.significance
    facing = case.facing(name, scored, _accounts(experiment, prices, scored))
    matches = tuple(
        match_claim(facing, claim, horizon, rival=name, better=level * share, worse=level)
        for claim, horizon in sorted(proven)
        if horizon in case.horizons
    )
    return Sitter(present.version, seat, proven, matches)


def what_is_proven(present: ModelVersion, horizons: tuple[int, ...]) -> frozenset[tuple[str, int]]:
    """By its evidence, and by what came of its forecasts since. A champion of before there were claims passed a gate
    that asked for its squared error."""
    evidence, noted = present.evidence, present.live
    judged = {(one.claim, one.horizon) for one in evidence.claims if one.proven}
    if not evidence.claims:
        judged = {("level", horizon) for horizon in horizons if evidence.gate.passed}
    judged |= {place for place, one in noted.items() if one.verdict == "proven"}
    return frozenset(judged - {place for place, one in noted.items() if one.verdict == "refuted"})


def _accounts(experiment: Experiment, prices: pl.DataFrame, scored: pl.DataFrame) -> dict[int, pl.DataFrame]:
    """What his forecasts earn by the experiment's strategy."""
    money = weigh(experiment, prices, scored)["holdout"]
    return {longest_traded(experiment): money.accounts}
