"""Sets what a forecast said beside what its rival said, date by date, on the rows that both answered: how much smaller
its loss was. Each claim has its own loss, that of the holdout, and one rival that can be met every day."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.errors import InvalidInput
from ml_core.evaluation.declaration import Metric
from ml_core.evaluation.metrics import crps, mse, rank_ic
from ml_core.evaluation.rows import CROSS_SECTION, KEY, Rows, rows_of

# as_of, how much better on that date, the rival's loss there, and on how many rows
PAIRED = {"as_of": pl.Date, "difference": pl.Float64, "theirs": pl.Float64, "rows": pl.Int32}
ASKED = ("level", "order", "range")
RIVALS = {"level": "a forecast of zero", "order": "no order", "range": "the reference"}
UNASKED = {
    "money": "a Sharpe beside others at the same volatility is no mean of a difference per date; "
    "`candorcast backtest` tells it",
}
LOSSES: dict[str, Metric] = {"level": mse, "range": crps}
NEEDS = {"level": ("mean",), "order": ("mean",), "range": ("mean", "scale")}


def pair(claim: str, scored: pl.DataFrame, reference: pl.DataFrame) -> pl.DataFrame:
    """PAIRED of one horizon: SCORED columns of ours, FORECAST columns of the reference's. A date on which nothing can
    be compared is left out."""
    if claim not in ASKED:
        raise InvalidInput(f"live: '{claim}' is not asked live: {UNASKED.get(claim, 'nobody knows it')}")
    own, theirs = _alike(claim, scored, reference)
    if own.is_empty():
        return pl.DataFrame(schema=PAIRED)
    rows = rows_of(own)
    if claim == "order":
        return _order(own, rows)
    metric = LOSSES[claim]
    ours, beside = metric.split(rows), metric.split(rows_of(theirs))
    assert ours and beside
    assert ours.loss_T is not None
    assert beside.loss_T is not None
    return _table(own, rows, beside.loss_T - ours.loss_T, beside.loss_T)


def _alike(claim: str, scored: pl.DataFrame, reference: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with an outcome that both answered in numbers, ours and theirs. Who says no direction is beaten by
    saying nothing: whatever its mean, beside level stands zero."""
    needed = NEEDS[claim]
    said = [pl.col(name).is_finite().fill_null(value=False) for name in needed]
    own = scored.filter(pl.col("realized").is_not_null() & pl.col("realized").is_not_nan(), *said)
    if claim != "range":
        return own, own.with_columns(mean=pl.lit(0.0))
    beside = reference.filter(*said).select(*KEY, *needed)
    own = own.join(beside, on=KEY, how="semi", maintain_order="left")
    theirs = own.drop(needed).join(beside, on=KEY, how="left", maintain_order="left")
    return own, theirs


def _order(own: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """The rank IC of each date with enough tickers; a forecast that ranks nothing has none, which is 0."""
    many = rows.counts >= CROSS_SECTION
    if not rows.cross_section:  # most dates have too few: those that have enough are asked by themselves
        dates = _dates(own).filter(pl.Series(many))
        own = own.filter(pl.col("as_of").is_in(dates.to_list()))
        if own.is_empty():
            return pl.DataFrame(schema=PAIRED)
        rows, many = rows_of(own), np.ones(len(dates), dtype=bool)
    parts = rank_ic.split(rows)
    assert parts is not None
    assert parts.loss_T is not None
    found_T = np.nan_to_num(-parts.loss_T)
    return _table(own, rows, found_T, np.zeros_like(found_T)).filter(pl.Series(many))


def _table(own: pl.DataFrame, rows: Rows, difference_T: np.ndarray, theirs_T: np.ndarray) -> pl.DataFrame:
    counts = rows.counts.astype(np.int32)
    told = {"as_of": _dates(own), "difference": difference_T, "theirs": theirs_T, "rows": counts}
    return pl.DataFrame(told, schema=PAIRED).filter(pl.col("difference").is_finite())


def _dates(own: pl.DataFrame) -> pl.Series:
    return own["as_of"].unique().sort()
