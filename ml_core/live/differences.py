"""Sets what a forecast said beside what its rival said, date by date, on the rows that both answered: how much smaller
its loss was. Each claim says by itself which loss, and which rival that can be met every day (`LiveTest`)."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.claims.kind import LiveTest, load_claim
from ml_core.errors import InvalidInput
from ml_core.evaluation.declaration import Metric
from ml_core.evaluation.rows import CROSS_SECTION, KEY, ScoredRows, rows_of

# as_of, how much better on that date, the rival's loss there, and on how many rows
PAIRED = {"as_of": pl.Date, "difference": pl.Float64, "theirs": pl.Float64, "rows": pl.Int32}


def pair(claim: str, scored: pl.DataFrame, reference: pl.DataFrame) -> pl.DataFrame:
    """PAIRED of one horizon: SCORED columns of ours, FORECAST columns of the reference's. A date on which nothing can
    be compared is left out."""
    live = load_claim(claim).live
    if isinstance(live, str):
        raise InvalidInput(f"live: '{claim}' is not asked live: {live}")
    own, theirs = _alike(live, scored, reference)
    if own.is_empty():
        return pl.DataFrame(schema=PAIRED)
    rows = rows_of(own)
    if live.ranks:
        return _correlations(live.metric, own, rows)
    ours, beside = live.metric.split(rows), live.metric.split(rows_of(theirs))
    assert ours and beside
    assert ours.loss_T is not None
    assert beside.loss_T is not None
    return _table(own, rows, beside.loss_T - ours.loss_T, beside.loss_T)


def _alike(
    live: LiveTest, scored: pl.DataFrame, reference: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with an outcome that both answered in numbers, ours and theirs. A claim of direction is set beside who
    says none, whose mean is zero everywhere."""
    said = [pl.col(name).is_finite().fill_null(value=False) for name in live.needs]
    own = scored.filter(pl.col("realized").is_not_null() & pl.col("realized").is_not_nan(), *said)
    if not live.beside_reference:
        return own, own.with_columns(mean=pl.lit(0.0))
    beside = reference.filter(*said).select(*KEY, *live.needs)
    own = own.join(beside, on=KEY, how="semi", maintain_order="left")
    theirs = own.drop(live.needs).join(beside, on=KEY, how="left", maintain_order="left")
    return own, theirs


def _correlations(metric: Metric, own: pl.DataFrame, rows: ScoredRows) -> pl.DataFrame:
    """The rank correlation of each date with enough tickers; a forecast that ranks nothing has none, which is 0."""
    many = rows.counts >= CROSS_SECTION
    if not rows.cross_section:  # most dates have too few: those that have enough are asked by themselves
        dates = _dates(own).filter(pl.Series(many))
        own = own.filter(pl.col("as_of").is_in(dates.to_list()))
        if own.is_empty():
            return pl.DataFrame(schema=PAIRED)
        rows, many = rows_of(own), np.ones(len(dates), dtype=bool)
    parts = metric.split(rows)
    assert parts is not None
    assert parts.loss_T is not None
    found_T = np.nan_to_num(-parts.loss_T)
    return _table(own, rows, found_T, np.zeros_like(found_T)).filter(pl.Series(many))


def _table(
    own: pl.DataFrame, rows: ScoredRows, difference_T: np.ndarray, theirs_T: np.ndarray
) -> pl.DataFrame:
    counts = rows.counts.astype(np.int32)
    told = {"as_of": _dates(own), "difference": difference_T, "theirs": theirs_T, "rows": counts}
    return pl.DataFrame(told, schema=PAIRED).filter(pl.col("difference").is_finite())


def _dates(own: pl.DataFrame) -> pl.Series:
    return own["as_of"].unique().sort()
