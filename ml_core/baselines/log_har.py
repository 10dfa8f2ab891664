"""Forecasts a mean of zero and a scale by a HAR in logarithms (Corsi, 2009; Andersen, Bollerslev and Diebold, 2007):
the log variance of the next h sessions is a line in those of the last day, week and month, fitted for each horizon
by itself, by least squares.

A day's variance is what its bar tells, the gap overnight and the range; where the target is no return of its own, the
bar speaks of something else, and the squared outcome stands for it. A ticker's slopes are drawn to those of all.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows
from ml_core.baselines._paths import tell_pooled
from ml_core.features.target import LEAST_UNIT
from ml_core.features.volatility import LEAST_RATIO
from ml_core.panel.windows import Windows

SPANS = (1, 5, 22)  # sessions of a day, a week and a month
USUAL = (
    0.2,
    0.35,
    0.45,
)  # their slopes where nothing is known, so that variance stays; worth one row where much is
PRIOR = 250  # non-overlapping rows of the average ticker that count beside a ticker's own
LEAST_ROWS = 100  # fewer say nothing of a ticker's own level


class Config(BaselineConfig):
    """Nothing to choose."""

    reads: ClassVar[FeaturesRead] = "none"


@dataclass(frozen=True)
class _Rows:
    """What one horizon is learned from: x_NTJ and y_NT are logs of variances, `known_NT` the rows that count."""

    x_NTJ: np.ndarray
    y_NT: np.ndarray
    known_NT: np.ndarray

    def of(self, ticker: int) -> tuple[np.ndarray, np.ndarray]:
        known_T = self.known_NT[ticker]
        return self.x_NTJ[ticker, known_T], self.y_NT[ticker, known_T]


def fit(_config: Config, lesson: Lesson) -> Learned:
    windows = lesson.windows
    day_NT = _day_variances(windows)
    x_NTJ, month_NT = _terms(day_NT, windows)
    ratio_N = _ratios(windows, day_NT, lesson.inside_T)
    slopes, levels, few_N = [], [], np.zeros(len(windows.tickers), dtype=bool)
    for horizon, taught_T in zip(windows.horizons, lesson.known_TH.T, strict=True):
        y_NT = np.log(np.maximum(_ahead(day_NT, horizon), LEAST_RATIO**2 * month_NT))
        rows = _Rows(x_NTJ, y_NT, taught_T & np.isfinite(y_NT) & np.isfinite(x_NTJ).all(axis=2))
        slope_NJ = _fit_slopes(rows, prior=PRIOR * horizon)
        level_N = _fit_levels(rows, slope_NJ)
        few_N |= rows.known_NT.sum(axis=1) < LEAST_ROWS
        slopes.append(slope_NJ)
        levels.append(level_N + np.log(ratio_N))
    pooled = [ticker for ticker, few in zip(windows.tickers, few_N, strict=True) if few]
    return Learned(
        {"slope": np.stack(slopes, axis=1), "level": np.stack(levels, axis=1)},
        {"tickers": list(windows.tickers)},
        tell_pooled(pooled),
    )


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, np.ndarray]:
    windows = asked.windows
    x_NTJ, _ = _terms(_day_variances(windows), windows)
    x_RJ, ticker_R = x_NTJ[asked.rows_NT], np.nonzero(asked.rows_NT)[0]
    log_RH = learned.of_tickers("level", windows.tickers)[ticker_R]
    slope_RHJ = learned.of_tickers("slope", windows.tickers)[ticker_R]
    for place in range(len(SPANS)):  # term by term: a matrix product rounds with the number of rows
        log_RH = log_RH + slope_RHJ[:, :, place] * x_RJ[:, place, None]
    sessions_H = 1 if windows.target == "rank" else np.asarray(windows.horizons)
    return np.zeros_like(asked.unit_RH), np.sqrt(np.exp(log_RH) * sessions_H) / asked.unit_RH


def _day_variances(windows: Windows) -> np.ndarray:
    """NaN where nothing is known of a session."""
    return windows.moved_NT.astype(np.float64) if windows.target == "return" else windows.step_NT**2


def _terms(day_NT: np.ndarray, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """x_NTJ, logs of the mean variance of each span, and the last of these means itself. Where a span has no bar the
    next longer one stands for it, at last the unit's own; a day without a move counts as a twentieth of the month."""
    month_NT = _past(day_NT, SPANS[-1])
    first = 1 if windows.target == "rank" else windows.horizons[0]
    unit_NT = windows.unit_NTH[:, :, 0].astype(np.float64) ** 2 / first
    month_NT = np.maximum(np.where(np.isfinite(month_NT), month_NT, unit_NT), LEAST_UNIT**2)
    means = [month_NT]
    for span in SPANS[-2::-1]:
        mean_NT = _past(day_NT, span)
        mean_NT = np.where(np.isfinite(mean_NT), mean_NT, means[0])
        means.insert(0, np.maximum(mean_NT, LEAST_RATIO**2 * month_NT))
    return np.log(np.stack(means, axis=2)), month_NT


def _past(day_NT: np.ndarray, span: int) -> np.ndarray:
    """The mean of what is known of the last `span` sessions, this one included; NaN where that is nothing."""
    known_NT, start_N1 = np.isfinite(day_NT), np.zeros((len(day_NT), 1))
    total_NT = np.cumsum(np.hstack([start_N1, np.nan_to_num(day_NT)]), axis=1)
    count_NT = np.cumsum(np.hstack([start_N1, known_NT]), axis=1)
    ends = np.arange(1, day_NT.shape[1] + 1)
    begins = np.maximum(ends - span, 0)
    sum_NT, many_NT = (part[:, ends] - part[:, begins] for part in (total_NT, count_NT))
    mean_NT = np.full(day_NT.shape, np.nan)
    return np.divide(sum_NT, many_NT, out=mean_NT, where=many_NT > 0)


def _ahead(day_NT: np.ndarray, horizon: int) -> np.ndarray:
    """The mean over the sessions that come: what is to be forecast."""
    ahead_NT = np.full(day_NT.shape, np.nan)
    ahead_NT[:, :-horizon] = _past(day_NT, horizon)[:, horizon:]
    return ahead_NT


def _fit_slopes(rows: _Rows, *, prior: float) -> np.ndarray:
    """slope_NJ about each ticker's own mean, and last that of all tickers, to which each is drawn as if `prior` rows
    of the average ticker were its own."""
    grams, pulls, counts = [], [], rows.known_NT.sum(axis=1)
    for ticker in np.flatnonzero(counts).tolist():
        x_RJ, y_R = rows.of(ticker)
        x_RJ, y_R = x_RJ - x_RJ.mean(axis=0), y_R - y_R.mean()
        grams.append(x_RJ.T @ x_RJ)
        pulls.append(x_RJ.T @ y_R)
    one_JJ, usual_J = np.eye(len(SPANS)), np.array(USUAL)
    gram_JJ, pull_J = sum(grams, start=one_JJ), sum(pulls, start=usual_J)
    pooled_J = np.linalg.solve(gram_JJ, pull_J)
    slope_NJ = np.tile(pooled_J, (len(counts) + 1, 1))
    worth_JJ = prior * gram_JJ / max(int(counts.sum()), 1)
    for ticker, own_JJ, own_J in zip(np.flatnonzero(counts), grams, pulls, strict=True):
        slope_NJ[ticker] = np.linalg.solve(own_JJ + worth_JJ, own_J + worth_JJ @ pooled_J)
    return slope_NJ


def _fit_levels(rows: _Rows, slope_NJ: np.ndarray) -> np.ndarray:
    """The log variance of each ticker where all terms are zero, and last that of all together.

    The exponential of a mean log is less than the mean: it lacks half of the residuals' variance, where they are
    normal. Logs of squared returns have a long tail below, which makes that too much, and jumps one above, which makes
    the plain mean of their exponentials (Duan, 1983) too much: the smaller of the two is taken.
    """
    residuals = [
        y_R - x_RJ @ slope_J
        for slope_J, (x_RJ, y_R) in zip(slope_NJ, map(rows.of, range(len(rows.known_NT))), strict=False)
    ]
    together = np.concatenate([one for one in residuals if len(one)] or [np.zeros(1)])
    everybody = _level(together)
    return np.array([_level(own) if len(own) >= LEAST_ROWS else everybody for own in residuals] + [everybody])


def _level(residual_R: np.ndarray) -> float:
    middle = residual_R.mean()
    around_R = residual_R - middle
    return float(middle + min(around_R.var() / 2, np.log(np.mean(np.exp(around_R)))))


def _ratios(windows: Windows, day_NT: np.ndarray, inside_T: np.ndarray) -> np.ndarray:
    """Squared outcomes over what bars tell, of each ticker and last of the median one: the range of some prices is less
    than that of all, and a bad print more."""
    square_NT = windows.step_NT**2
    known_NT = inside_T & np.isfinite(square_NT) & np.isfinite(day_NT)
    squared_N, moved_N = (np.where(known_NT, part, 0.0).sum(axis=1) for part in (square_NT, day_NT))
    own_N = (known_NT.sum(axis=1) >= LEAST_ROWS) & (moved_N > 0) & (squared_N > 0)
    ratio_N = np.where(own_N, squared_N, 1.0) / np.where(own_N, moved_N, 1.0)
    middle = float(np.median(ratio_N[own_N])) if own_N.any() else 1.0
    return np.append(np.where(own_N, ratio_N, middle), middle)
