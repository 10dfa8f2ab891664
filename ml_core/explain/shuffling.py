"""Exchanges the values of inputs over dates and tickers in whole blocks of sessions, so that what an input says about
its row is gone and how it moves from day to day is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_core.evaluation.bootstrap import block_length

LEAST_BLOCKS = 4


@dataclass(frozen=True)
class Exchange:
    """Where the value of each place comes from: `ticker_NT` and `session_NT` of the sessions of one stretch."""

    part: slice
    ticker_NT: np.ndarray
    session_NT: np.ndarray

    def __call__(self, values_NT: np.ndarray) -> np.ndarray:
        mixed_NT = values_NT.copy()
        mixed_NT[:, self.part] = values_NT[self.ticker_NT, self.session_NT]
        return mixed_NT


def draw_exchange(tickers: int, part: slice, *, lookback: int, rng: np.random.Generator) -> Exchange:
    """Every block of sessions comes from another one, and in it every ticker's values from another ticker, where there
    are several. Blocks are as long as a window, unless there were too few of them."""
    count = part.stop - part.start
    length = min(max(lookback, block_length(count)), max(1, count // LEAST_BLOCKS))
    blocks = np.array_split(np.arange(part.start, part.stop), max(1, count // length))
    sources = [blocks[place] for place in _everyone_moves(len(blocks), rng)]
    session_T = np.concatenate(sources)
    ticker_TN = np.concatenate(
        [np.tile(_everyone_moves(tickers, rng), (len(source), 1)) for source in sources]
    )
    return Exchange(part, ticker_TN.T, np.tile(session_T, (tickers, 1)))


def _everyone_moves(count: int, rng: np.random.Generator) -> np.ndarray:
    """A drawn permutation of one cycle, so that nobody stays in his place (Sattolo 1986)."""
    order = np.arange(count)
    for place in range(count - 1, 0, -1):
        other = int(rng.integers(place))
        order[[place, other]] = order[[other, place]]
    return order
