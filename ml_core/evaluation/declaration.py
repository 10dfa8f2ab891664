"""Defines how a metric declares itself: as sums per date from which its value follows. So any resample of dates
is cheap, and so are its intervals and p-values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml_core.evaluation.rows import ScoredRows, rows_of
from ml_core.frames import Array

Better = Literal["lower", "higher", "level"]


class MetricSums(NamedTuple):
    """Sums that add up over sessions, what turns their totals (…, K) into the value (…), and, where the value
    is a mean over sessions, the loss of each."""

    sums_TK: Array
    finish: Callable[[Array], Array]
    loss_T: Array | None = None


@dataclass(frozen=True)
class Metric:
    """One number for scored rows. `better` says which way; `level`: nearest to the interval's own level. `best` is
    the value of a forecast without error, where there is one that a share of the way to it makes sense."""

    name: str
    better: Better
    needs: tuple[str, ...]
    about: str
    parts: Callable[[ScoredRows], MetricSums]
    row_loss: Callable[[ScoredRows], Array] | None
    over: Callable[[ScoredRows], str]
    best: float | None = None
    finish: Callable[[Array], Array] | None = None

    def of_mean(self, score: float) -> float:
        """What a mean over dates of scores (losses less than zero, where lower is better) is in this metric's unit,
        higher better: of rmse the root of it."""
        if self.finish is None:
            return score
        return -float(self.finish(np.asarray(max(-score, 0.0))))

    def skill(self, value: float, beside: float) -> float:
        """The share of the other's error that is gone; NaN where the metric has no error, or the other makes none."""
        if self.best is None or not abs(beside - self.best) > 0:
            return float("nan")
        return 1 - abs(value - self.best) / abs(beside - self.best)

    def __call__(self, scored: pl.DataFrame) -> float:
        """The value on these rows; NaN where it is not defined."""
        return value_of(self.split(rows_of(scored)))

    def split(self, rows: ScoredRows) -> MetricSums | None:
        """The value as sums over sessions; none without rows, or without the columns it needs."""
        if not rows.sessions or any(need not in rows.values for need in self.needs):
            return None
        return self.parts(rows)

    def loss(self, scored: pl.DataFrame) -> pl.Series:
        """The loss of each row of the frame, in its order; null without an outcome."""
        if self.row_loss is None:
            raise TypeError(f"{self.name} is not a mean of losses per row")
        rows = rows_of(scored)
        losses = np.full(rows.given, np.nan)
        losses[rows.order] = self.row_loss(rows)
        return pl.Series(self.name, losses).fill_nan(None)


def value_of(parts: MetricSums | None) -> float:
    """The value that the sums of all sessions make."""
    if parts is None:
        return float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(parts.finish(parts.sums_TK.sum(axis=0)))


def per_row(
    *needs: str,
    better: Better,
    is_loss: bool = True,
    finish: Callable[[Array], Array] | None = None,
    best: float = 0.0,
) -> Callable[[Callable[[ScoredRows], Array]], Metric]:
    """Declare a metric that is the mean over rows of what the function returns (then `finish`ed: what rises with the
    mean, so that the mean's losses say which is better)."""

    def declare(function: Callable[[ScoredRows], Array]) -> Metric:
        sign = -1.0 if better == "higher" else 1.0

        def parts(rows: ScoredRows) -> MetricSums:
            sums, counts = rows.by_session(function(rows)), rows.counts
            loss_T = sign * sums / counts if is_loss or finish else None
            mean = finish or _same
            return MetricSums(
                np.column_stack([sums, counts]), lambda all_: mean(all_[..., 0] / all_[..., 1]), loss_T
            )

        def row_loss(rows: ScoredRows) -> Array:
            return sign * function(rows)

        return _metric(function, better, needs, parts, row_loss if is_loss else None, _rows, best, finish)

    return declare


def per_date(
    *needs: str, better: Better, ratio: bool = False
) -> Callable[[Callable[[ScoredRows], tuple[Array, Array]]], Metric]:
    """Declare a correlation of two columns: its mean over dates or, where dates have too few tickers for a
    cross-section, over each ticker's time. `ratio` divides the mean by its deviation over dates."""

    def declare(function: Callable[[ScoredRows], tuple[Array, Array]]) -> Metric:
        def parts(rows: ScoredRows) -> MetricSums:
            x, y = function(rows)
            if rows.cross_section:
                return _over_dates(correlate(x, y, rows.session), ratio)
            return _over_time(x, y, rows, ratio)

        return _metric(function, better, needs, parts, None, _dates_or_time)

    return declare


def correlate(x: Array, y: Array, group: NDArray[np.int64]) -> Array:
    """Pearson correlation within each group: 0 for a constant x (it ranks nothing), NaN for a constant y or
    a group too small. Two passes: a short group of large values loses no digits."""
    count = np.bincount(group).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        dx, dy = (values - (np.bincount(group, values) / count)[group] for values in (x, y))
        xx, yy, xy = (np.bincount(group, product) for product in (dx * dx, dy * dy, dx * dy))
        flat_x, flat_y = (
            spread <= 1e-20 * np.bincount(group, values * values) for spread, values in ((xx, x), (yy, y))
        )
        result = np.where(flat_x, 0.0, xy / np.sqrt(xx * yy))
    result[flat_y | (count < 2)] = np.nan
    return np.clip(result, -1.0, 1.0)


def _over_dates(values_T: Array, ratio: bool) -> MetricSums:
    known = ~np.isnan(values_T)
    filled = np.where(known, values_T, 0.0)
    sums_TK = np.column_stack([filled, filled * filled, known.astype(float)])

    def finish(total: Array) -> Array:
        count = total[..., 2]
        mean = total[..., 0] / count
        if not ratio:
            return mean
        variance = (total[..., 1] / count - mean * mean) * count / (count - 1)
        return mean / np.sqrt(np.maximum(variance, 0.0))

    return MetricSums(sums_TK, finish, None if ratio else -values_T)


def _over_time(x: Array, y: Array, rows: ScoredRows, ratio: bool) -> MetricSums:
    kinds, series = np.unique(rows.series, return_inverse=True)
    sums_TNK = np.zeros((rows.sessions, len(kinds), 6))
    dx, dy = (v - (np.bincount(series, v) / np.bincount(series))[series] for v in (x, y))
    sums_TNK[rows.session, series] = np.column_stack([np.ones_like(dx), dx, dy, dx * dx, dy * dy, dx * dy])
    flat = np.bincount(series, dx * dx) <= 1e-20 * np.bincount(series, x * x)

    def finish(total: Array) -> Array:
        n, sx, sy, sxx, syy, sxy = np.moveaxis(total.reshape(*total.shape[:-1], len(kinds), 6), -1, 0)
        correlation = (sxy - sx * sy / n) / np.sqrt((sxx - sx * sx / n) * (syy - sy * sy / n))
        correlation = np.where(flat, 0.0, np.clip(correlation, -1.0, 1.0))
        return np.full(total.shape[:-1], np.nan) if ratio else _mean_of_known(correlation)

    return MetricSums(sums_TNK.reshape(rows.sessions, -1), finish)


def _mean_of_known(values: Array) -> Array:
    known = ~np.isnan(values)
    return np.where(known, values, 0.0).sum(axis=-1) / known.sum(axis=-1)


def _same(values: Array) -> Array:
    return values


def _rows(_: ScoredRows) -> str:
    return "rows"


def _dates_or_time(rows: ScoredRows) -> str:
    return "dates" if rows.cross_section else "time"


def _metric(function: Callable, better: Better, needs: tuple[str, ...], *rest: Any) -> Metric:
    about = " ".join((function.__doc__ or "").split())
    return Metric(function.__name__, better, needs, about, *rest)
