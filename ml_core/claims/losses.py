"""Sets a forecast's losses beside a rival's, date by date."""

from __future__ import annotations

import numpy as np

from ml_core.claims.case import Case
from ml_core.claims.contest import sum_up, tell_share
from ml_core.claims.verdict import Contest
from ml_core.errors import NotEnoughData
from ml_core.evaluation.declaration import Metric
from ml_core.evaluation.paired import weigh_mean
from ml_core.evaluation.rows import ScoredRows
from ml_core.frames import Array


def contest_losses(
    case: Case, horizon: int, rival: str, *, metric: Metric, what: str, persistent: bool
) -> Contest:
    """How much smaller the loss is than the rival's, as a share of it; a date counts as one, however many tickers."""
    own = case.own(horizon)
    assert own is not None
    ours_T = _by_date(own, metric, "the forecast")
    theirs_T = _by_date(case.of_rival(horizon, rival), metric, f"rival {rival}")
    mean = weigh_mean(theirs_T - ours_T, horizon=horizon, persistent=persistent)
    unit = float(theirs_T.mean()) or 1.0
    return sum_up(rival, mean, unit=unit, told=tell_share(what, mean.value / unit, rival))


def _by_date(rows: ScoredRows, metric: Metric, whose: str) -> Array:
    parts = metric.split(rows)
    if parts is None or parts.loss_T is None or not np.isfinite(parts.loss_T).all():
        raise NotEnoughData(f"{whose} lacks a finite {' or '.join(metric.needs) or 'mean'} on some rows")
    return parts.loss_T
