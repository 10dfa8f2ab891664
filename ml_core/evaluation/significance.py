"""Tests whether a result could be luck: Diebold-Mariano for losses, and for many trials the deflated Sharpe and
the probability of backtest overfitting (PBO)."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import scipy  # its parts are loaded where they are first used
from numpy.typing import ArrayLike

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.frames import Array

MANY = 500  # trials of which a table of all pairs is made
CELLS = (
    500_000  # ways to halve time, times trials, that are weighed at once: of 20,000 trials all would not fit
)


class LossComparison(NamedTuple):
    statistic: float
    p: float


def diebold_mariano(loss_a: ArrayLike, loss_b: ArrayLike, *, horizon: int) -> LossComparison:
    """Is a better than b, by mean loss per date? One-sided p; negative statistic: a lost less.

    The variance is Newey-West's, long enough for forecasts that overlap by `horizon` sessions and for losses
    that cluster; small-sample correction and t distribution of Harvey, Leybourne and Newbold (1997).
    """
    difference = np.asarray(loss_a, dtype=float) - np.asarray(loss_b, dtype=float)
    difference = difference[~np.isnan(difference)]
    count = len(difference)
    if count < 2 or count + 1 - 2 * horizon + horizon * (horizon - 1) / count <= 0:
        return LossComparison(float("nan"), float("nan"))
    mean = float(difference.mean())
    variance = long_run_variance(difference, lags=bandwidth(count, horizon)) / count
    if variance <= (1e-14 * np.abs(difference).max()) ** 2:
        certain = float(np.sign(mean))
        return LossComparison(certain * float("inf") if certain else 0.0, (1 + certain) / 2)
    correction = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    statistic = mean / np.sqrt(variance) * np.sqrt(correction)
    return LossComparison(float(statistic), float(scipy.special.stdtr(count - 1, statistic)))


def bandwidth(count: int, horizon: int) -> int:
    """Lags of the Bartlett kernel: twice the overlap, because it halves what stands in the middle."""
    return min(count - 1, max(2 * (horizon - 1), int(np.ceil(count ** (1 / 3)))))


def long_run_variance(values: Array, *, lags: int) -> float:
    """Newey-West: autocovariances up to `lags` under the Bartlett kernel; never negative."""
    centred = values - values.mean()
    size = 1 << int(2 * len(values) - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), size)[: lags + 1] / len(values)
    weights = 1 - np.arange(lags + 1) / (lags + 1)
    return float(max(covariance[0] + 2 * weights[1:] @ covariance[1:], 0.0))


def independent_trials(trials_TM: ArrayLike) -> float:
    """How many independent trials these return streams amount to: one if all are alike, M if uncorrelated."""
    streams = np.asarray(trials_TM, dtype=float)
    streams = streams[:, streams.std(axis=0) > 0]
    count = streams.shape[1]
    if count < 2:
        return float(count)
    if count > MANY:  # the same sum without a table of all pairs
        deviation_TM = (streams - streams.mean(axis=0)) / streams.std(axis=0)
        whole = float(np.sum(deviation_TM.sum(axis=1) ** 2)) / len(streams)
    else:
        whole = np.corrcoef(streams.T).sum()
    mean = (whole - count) / (count * (count - 1))
    return float(1 + (count - 1) * (1 - np.clip(mean, 0.0, 1.0)))


def pbo(trials_TM: ArrayLike, *, blocks: int = 16) -> float:
    """How often the best of one half of time is below the other's median.

    Over all ways to halve `blocks` stretches of dates (Bailey, Borwein, López de Prado and Zhu, 2016).
    """
    streams = np.asarray(trials_TM, dtype=float)
    if blocks % 2 or blocks < 2:
        raise InvalidInput(f"pbo: blocks={blocks}; expected an even number")
    if streams.ndim != 2 or streams.shape[1] < 2 or len(streams) < 2 * blocks:
        raise NotEnoughData(f"pbo: got {streams.shape}; expected at least {2 * blocks} dates and 2 trials")
    sums, squares, counts = _by_block(streams, blocks)
    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    inside = np.zeros((len(chosen), blocks))
    np.put_along_axis(inside, chosen, 1.0, axis=1)
    halves, at_once = inside[: len(inside) // 2], max(1, CELLS // streams.shape[1])
    ranks: list[Array] = []
    for start in range(0, len(halves), at_once):
        one = _sharpes(halves[start : start + at_once], sums, squares, counts)
        other = _sharpes(1 - halves[start : start + at_once], sums, squares, counts)
        ranks += [_rank_of_best(one, other), _rank_of_best(other, one)]  # each half was chosen on once
    return float(np.mean(np.concatenate(ranks) / (streams.shape[1] + 1) <= 0.5))


def _rank_of_best(chosen_on: Array, judged_on: Array) -> Array:
    """Of the best on each half its rank on the other, one for the lowest."""
    picked = chosen_on.argmax(axis=1)
    reached = judged_on[np.arange(len(judged_on)), picked][:, None]
    return (judged_on < reached).sum(axis=1) + ((judged_on == reached).sum(axis=1) + 1) / 2


def _by_block(streams: Array, blocks: int) -> tuple[Array, Array, Array]:
    parts = np.array_split(streams, blocks)
    sums, squares = (np.array([(part**power).sum(axis=0) for part in parts]) for power in (1, 2))
    return sums, squares, np.array([len(part) for part in parts], dtype=float)


def _sharpes(inside: Array, sums: Array, squares: Array, counts: Array) -> Array:
    count = (inside @ counts)[:, None]
    mean = inside @ sums / count
    variance = np.maximum(inside @ squares / count - mean**2, 0.0)
    return np.divide(mean, np.sqrt(variance), out=np.zeros_like(mean), where=variance > 0)
