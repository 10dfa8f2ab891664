"""Lists what an account bought and sold, as shares of its equity: of each name what was held before, as prices had left
it, and after."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.frames import Array
from ml_core.portfolio.backtest import Book, worth
from ml_core.portfolio.grid import total

LEAST = 5e-5  # of the equity: a smaller trade is written as 0.0 %
TRADED = {"date": pl.Date, "ticker": pl.String, "before": pl.Float64, "after": pl.Float64}


def list_trades(book: Book, account: pl.DataFrame) -> pl.DataFrame:
    """TRADED, the newest session first, in it the largest trade first; an account (BACKTEST) that has lost everything
    trades no more."""
    trades, tickers = book.trades, np.asarray(book.grid.tickers)
    before_KN = _drifted(trades.weight_KN, trades.price_KN)
    place, name = np.nonzero(np.abs(trades.weight_KN - before_KN) > LEAST)
    table = pl.DataFrame(
        {
            "date": np.asarray(book.grid.sessions)[trades.session_K[place]],
            "ticker": tickers[name],
            "before": before_KN[place, name],
            "after": trades.weight_KN[place, name],
        },
        schema=TRADED,
    )
    lost = account.filter(pl.col("net") <= -1)["date"].min()
    table = table if lost is None else table.filter(pl.col("date") <= lost)
    size = (pl.col("after") - pl.col("before")).abs()
    return table.sort("date", size, "ticker", descending=[True, True, False])


def _drifted(weight_KN: Array, price_KN: Array) -> Array:
    """What prices have made of the weights of the trade before, as shares of what the equity has become."""
    before_KN = np.zeros_like(weight_KN)
    held_KN = worth(weight_KN[:-1], price_KN[1:], price_KN[:-1])
    growth_K = 1 + total(held_KN - weight_KN[:-1])
    np.divide(held_KN, growth_K[:, None], out=before_KN[1:], where=growth_K[:, None] > 0)
    return before_KN
