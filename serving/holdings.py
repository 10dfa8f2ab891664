"""What the experiment's own strategy holds now and since when: the account that `candorcast backtest` keeps of whoever
answers, from the first session that nobody of its line had learned from."""

import datetime as dt
import threading
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from pydantic import Field

from ml_core.data.order import Order
from ml_core.portfolio.legs import hold_of, strategy_kind
from ml_core.portfolio.opening import horizon_of, market_of
from ml_core.portfolio.strategies import build_positions
from ml_core.registry.seats import REFERENCE, seat_of
from serving.as_of import AsOf
from serving.champion import Served
from serving.judged import pays
from serving.messages import Message, Provenance
from serving.provenance import tell_provenance


class Holding(Message):
    """One ticker that is held."""

    ticker: str
    weight: float = Field(description="Share of the equity when it was decided; negative is short.")
    since: dt.date = Field(
        description="The session by whose close it was decided to be on this side, and it has stayed."
    )
    sessions: int = Field(description="How many have passed since then.")


class Holdings(Provenance):
    """The strategy's book, the largest weight first. One that decides only every few sessions keeps what it has
    between them; prices move the weights meanwhile."""

    as_of: dt.date = Field(description="The newest session.")
    decided: dt.date | None = Field(
        description="The session by whose close the book was decided; null of an empty one."
    )
    begun: dt.date | None = Field(description="The first session of the account.")
    strategy: str
    every: int = Field(description="After so many sessions it is decided again.")
    positions: list[Holding]
    pays: bool = Field(description="Whether it is proven that trading these forecasts pays.")


class Books:
    """The book of whoever is served, made once for each."""

    def __init__(self, order: Order, unseen: Callable[[Served], pl.DataFrame]) -> None:
        """`unseen`: what a version said of all sessions that nobody of its line had learned from."""
        self._order, self._unseen = order, unseen
        self._making = threading.Lock()
        self._made: tuple[Served, Holdings] | None = None

    def of(self, seen: AsOf) -> Holdings:
        with self._making:
            if self._made is None or self._made[0] is not seen.served:
                self._made = seen.served, self._make(seen)
            return self._made[1]

    def _make(self, seen: AsOf) -> Holdings:
        experiment, horizon = self._order.experiment, horizon_of(self._order.experiment)
        every = hold_of(experiment.strategy, horizon=horizon)
        book, kind = pl.DataFrame(), strategy_kind(seen.table, experiment.strategy)
        if seat_of(seen.served.version) != REFERENCE:  # it says no direction, so nothing is held by it
            table, market = self._unseen(seen.served), market_of(experiment, seen.prices)
            positions = build_positions(table, experiment.strategy, horizon=horizon, market=market)
            book = _traded(positions, every)
        days: list[dt.date] = book["date"].unique().sort().to_list() if book.height else []
        held = list_holdings(book, seen.prices["date"].unique().sort().to_list()) if days else []
        return Holdings(
            as_of=seen.as_of,
            decided=days[-1] if days else None,
            begun=days[0] if days else None,
            strategy=kind,
            every=every,
            positions=held,
            pays=pays(seen.served.version),
            **dict(tell_provenance(seen, experiment.name)),
        )


def list_holdings(book: pl.DataFrame, sessions: Sequence[dt.date]) -> list[Holding]:
    """What the last decision of POSITIONS holds, the largest first, and since which decision on that side."""
    days: list[dt.date] = book["date"].unique().sort().to_list()
    place = {day: at for at, day in enumerate(sessions)}
    holdings = []
    for (ticker,), rows in book.sort("date").partition_by("ticker", as_dict=True).items():
        weight_T = dict(rows.select("date", "weight").iter_rows())
        side_T = np.sign([weight_T.get(day, 0.0) for day in days])
        if not side_T[-1]:
            continue
        other = np.flatnonzero(side_T != side_T[-1])
        since = days[int(other[-1]) + 1 if len(other) else 0]
        passed = place[sessions[-1]] - place[since]
        holdings.append(Holding(ticker=f"{ticker}", weight=weight_T[days[-1]], since=since, sessions=passed))
    return sorted(holdings, key=lambda one: (-abs(one.weight), one.ticker))


def _traded(positions: pl.DataFrame, every: int) -> pl.DataFrame:
    """Every so many-th decision, from the first on."""
    decided: Sequence[dt.date] = positions["date"].unique().sort()[::every].to_list()
    return positions.filter(pl.col("date").is_in(decided))
