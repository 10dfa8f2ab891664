"""A recipe that was fitted again, beside whom it was fitted again from: does it still say what was judged, and does it
know the future?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import polars as pl

from ml_core.audit.artifact import audit_forecaster
from ml_core.evaluation.leakage import Audit
from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.promotion.likeness import compare, lay_beside_parent, trust_beside
from ml_core.promotion.weighing import AUDITED_DATES
from ml_core.registry.refit import Refit
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.rows import forecast_split


@dataclass(frozen=True)
class FittedAgain:
    """What was fitted, with what it was fitted on."""

    experiment: Experiment
    prices: pl.DataFrame
    windows: Windows
    split: Split
    forecaster: Forecaster

    def since(self, first: dt.date) -> Split:
        """Its split, to be looked at from that session on."""
        return replace(self.split, test=Span(first, self.split.test.end), name="holdout")


def look_at(
    made: FittedAgain, parent: Forecaster, version: str, *, since: dt.date, former: Refit | None = None
) -> Refit:
    """Beside its parent, who has that `version`, on every session `since` the holdout on which the recipe was judged
    began: the parent learned from none of them, unless he is a refit himself, which `former` tells of."""
    both = made.since(since)
    beside = lay_beside_parent(
        forecast_split(parent, parent.read(made.prices), both),
        forecast_split(made.forecaster, made.windows, both),
    )
    return Refit(
        parent=version,
        judged=former.judged if former else version,
        through=made.split.test.end,
        since=since,
        sessions=beside["as_of"].n_unique(),
        rows=beside.height,
        missing=beside["own_mean"].null_count(),
        compared=compare(beside, trust_beside(parent.trust, made.forecaster.trust), former),
    )


def audit_again(made: FittedAgain, *, since: dt.date) -> Audit:
    """On the same sessions."""
    return audit_forecaster(
        made.forecaster, made.experiment, made.prices, made.since(since), dates=AUDITED_DATES
    )
