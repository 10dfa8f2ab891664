"""Which goes better than which: the rank correlation across tickers is above zero, and above that of simple orders."""

import numpy as np

from ml_core.claims.case import SILENT, Case
from ml_core.claims.contest import sum_up
from ml_core.claims.kind import Claim, LiveTest
from ml_core.claims.verdict import Condition, Contest
from ml_core.evaluation.metrics import rank_ic
from ml_core.evaluation.paired import weigh_mean
from ml_core.evaluation.rows import CROSS_SECTION, ScoredRows
from ml_core.frames import Array
from ml_core.vocabulary import words

NONE = "no order"


def excuse(case: Case, horizon: int) -> str:
    rows = case.own(horizon)
    if rows is None:
        return "no row has an outcome yet"
    if case.silent(horizon):
        return SILENT
    if not rows.cross_section:
        return f"fewer than {CROSS_SECTION} tickers on most dates; an order needs {CROSS_SECTION}"
    return ""


def rivals(case: Case) -> tuple[str, ...]:
    return NONE, *case.terms.order


def contest(case: Case, horizon: int, rival: str) -> Contest:
    own = case.own(horizon)
    assert own is not None
    ours_T = _by_date(own)
    theirs_T = np.zeros_like(ours_T) if rival == NONE else _by_date(case.of_rival(horizon, rival))
    mean = weigh_mean(ours_T - theirs_T, horizon=horizon)
    told = f"{words.RANK_IC} {ours_T.mean():.3f}, {'above' if mean.value > 0 else 'not above'} "
    told += "zero" if rival == NONE else f"{rival}'s {theirs_T.mean():.3f}"
    return sum_up(rival, mean, unit=1.0, told=told)


def conditions(_case: Case, _horizon: int) -> tuple[Condition, ...]:
    return ()


def _by_date(rows: ScoredRows) -> Array:
    """The rank IC of each date with enough tickers; a forecast that ranks nothing has none, which is 0."""
    parts = rank_ic.split(rows)
    assert parts is not None
    assert parts.loss_T is not None
    return np.nan_to_num(-parts.loss_T[rows.counts >= CROSS_SECTION])


CLAIM = Claim(
    excuse, rivals, contest, conditions, direction=True, live=LiveTest(rank_ic, rival=NONE, ranks=True)
)
