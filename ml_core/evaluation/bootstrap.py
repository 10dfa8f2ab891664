"""Resamples dated values in blocks of dates, so that an interval keeps their overlap and clustering."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml_core.frames import Array


def block_length(count: int, horizon: int = 1) -> int:
    """Sessions drawn together, so that resamples keep overlap and clustering."""
    return min(count, max(horizon, int(np.ceil(1.5 * count ** (1 / 3)))))


def draw_blocks(count: int, *, block: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """Circular block bootstrap: `resamples` rows of `count` positions."""
    blocks = -(-count // block)
    starts = np.random.default_rng(seed).integers(0, count, size=(resamples, blocks))
    positions = (starts[:, :, None] + np.arange(block)).reshape(resamples, -1)[:, :count]
    return positions % count


def resample_weights(
    count: int, *, seed: int, horizon: int = 1, resamples: int = 500, block: int | None = None
) -> Array:
    """How often each of `count` dates stands in each resample: one product then resamples any sums over dates."""
    if not count:
        return np.zeros((resamples, 0))
    drawn = draw_blocks(count, block=block or block_length(count, horizon), resamples=resamples, seed=seed)
    flat = drawn + np.arange(resamples)[:, None] * count
    counts = np.bincount(flat.ravel(), minlength=resamples * count)
    return counts.reshape(resamples, count).astype(float)


def block_bootstrap(
    values: ArrayLike,
    statistic: Callable[[Array], float],
    *,
    seed: int,
    level: float = 0.9,
    block: int | None = None,
    resamples: int = 500,
) -> tuple[float, float]:
    """The interval of a statistic of dated values (first axis: dates), from resampled blocks of dates."""
    array = np.asarray(values, dtype=float)
    if not len(array):
        return float("nan"), float("nan")
    drawn = draw_blocks(len(array), block=block or block_length(len(array)), resamples=resamples, seed=seed)
    return interval(np.array([statistic(array[positions]) for positions in drawn]), level=level)


def interval(resampled: Array, *, level: float) -> tuple[float, float]:
    """The middle `level` of resampled values; NaN where fewer than half of them are defined."""
    known = resampled[np.isfinite(resampled)]
    if len(known) * 2 < len(resampled) or not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
