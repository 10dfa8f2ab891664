"""Reckons what trading some forecasts came to: the account beside others, where its money came from, how far luck alone
would go, every trade, and what the forecasts were worth session by session."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from ml_core.evaluation.deciles import measure_deciles
from ml_core.evaluation.through_time import measure_ic
from ml_core.portfolio.attribution import ReturnAttribution, attribute_strategy
from ml_core.portfolio.backtest import open_book
from ml_core.portfolio.comparison import Comparison, compare
from ml_core.portfolio.fortune import draw_luck
from ml_core.portfolio.legs import hold_of
from ml_core.portfolio.market import Market
from ml_core.portfolio.orders import list_trades
from ml_core.spec.strategy import Strategy

WHOSE = 4  # versions, each on its prices, of which accounts are kept
AccountKey = tuple[tuple[str, int], str]


@dataclass(frozen=True)
class Reckoning:
    """`luck` (LUCK_BAND), `trades` (TRADED), `ic` (IC_THROUGH_TIME) and `deciles` (DECILES) of the forecasts that were
    traded, as far as their outcomes are known."""

    comparison: Comparison
    origins: ReturnAttribution
    luck: pl.DataFrame
    trades: pl.DataFrame
    ic: pl.DataFrame
    deciles: pl.DataFrame

    @property
    def size(self) -> float:
        """In bytes, about."""
        compared = self.comparison
        kept = (compared.positions, compared.backtest, compared.accounts, self.luck, self.trades, self.ic)
        return sum(table.estimated_size() for table in kept)


def reckon(
    forecasts: pl.DataFrame, outcomes: pl.DataFrame, strategy: Strategy, market: Market, *, horizon: int
) -> Reckoning:
    """`outcomes` (ticker, as_of, horizon, realized): what came, where it is known."""
    hold = hold_of(strategy, horizon=horizon)
    compared = compare(forecasts, strategy, market, horizon=horizon)
    book = open_book(
        compared.positions, market.traded, execution=compared.execution, hold=hold, benchmark=market.benchmark
    )
    scored = forecasts.filter(horizon=horizon).join(outcomes, on=["ticker", "as_of", "horizon"])
    scored = scored.with_columns(split=pl.lit("unseen"))
    return Reckoning(
        compared,
        attribute_strategy(compared, market, hold=hold),
        draw_luck(compared.backtest, hold=hold),
        list_trades(book, compared.backtest),
        measure_ic(scored),
        measure_deciles(scored),
    )


class KeptReckonings:
    """What came of settings, by whose forecasts on which version of the data; the oldest go where there are too many
    for `room` bytes, and all of one by whose forecasts nobody has traded while so many others were asked."""

    def __init__(self, room: int) -> None:
        self._room, self._guard = room, threading.Lock()
        self._kept: OrderedDict[AccountKey, Reckoning] = OrderedDict()

    def find(self, key: AccountKey, make: Callable[[], Reckoning]) -> Reckoning:
        with self._guard:
            if known := self._kept.get(key):
                self._kept.move_to_end(key)
                return known
        made = make()
        with self._guard:
            self._kept[key] = made
            whose = dict.fromkeys(
                stamp for stamp, _ in reversed(self._kept)
            )  # who was asked last comes first
            for old in [key for key in self._kept if key[0] not in [*whose][:WHOSE]]:
                del self._kept[old]
            while len(self._kept) > 1 and sum(kept.size for kept in self._kept.values()) > self._room:
                self._kept.popitem(last=False)
        return made
