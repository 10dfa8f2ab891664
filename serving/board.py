"""Lays all tickers of the newest session side by side: what is expected of each, how far it may go, what the strategy
holds of it, and how that differs from what was said a session before."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import polars as pl
from pydantic import Field

from ml_core.data.order import Order
from ml_core.data.sectors import read_sectors
from ml_core.data.store.forecasts import read_forecast
from ml_core.registry.seats import CHAMPION, REFERENCE
from serving.as_of import AsOf
from serving.judged import pays
from serving.messages import HorizonForecast, Message, Provenance, TickerForecast
from serving.provenance import tell_provenance, tell_weights

RECENT = dt.timedelta(days=10)  # within which the session before must lie, of a weekly experiment too


class BoardRow(Message):
    """One ticker on the board."""

    ticker: str
    sector: str | None
    last_close: float
    moved: float | None = Field(description="Change of the price on the last session, with dividends.")
    forecast: HorizonForecast
    weight: float | None = Field(
        description="Share of the equity that the experiment's strategy would hold; null of one who says no direction."
    )
    before: float | None = Field(
        description="The expected change that was said a session before, at the same horizon; null if nobody wrote one."
    )


class Board(Provenance):
    """All tickers of the newest session at one horizon, the highest expectation first."""

    as_of: dt.date
    horizon: int
    rows: list[BoardRow]
    failed: dict[str, str] = Field(description="Ticker: reason.")
    pays: bool = Field(description="Whether it is proven that trading these forecasts pays.")

    @property
    def says_direction(self) -> bool:
        return self.seat != "reference"


def build_board(
    order: Order, seen: AsOf, outlook: Sequence[TickerForecast], failed: Mapping[str, str], horizon: int
) -> Board:
    """A row a ticker, the highest expectation first; tickers without a forecast are named with the reason."""
    told = tell_provenance(seen, order.experiment.name)
    held = {} if told.seat == REFERENCE else tell_weights(seen, order.experiment.strategy)
    sectors = read_sectors(order.experiment.universe, order.store, version=seen.data_version)
    moves, before = _moves(seen.prices), _said_before(order, seen, horizon)
    rows = []
    for one in outlook:
        ahead = one.forecasts[0]
        rows.append(
            BoardRow(
                ticker=one.ticker,
                sector=sectors.get(one.ticker),
                last_close=one.last_close,
                moved=moves.get(one.ticker),
                forecast=ahead,
                weight=held.get(one.ticker),
                before=before.get(one.ticker),
            )
        )
    rows.sort(key=lambda row: (row.forecast.mean is None, -(row.forecast.mean or 0.0), row.ticker))
    return Board(
        as_of=seen.as_of,
        horizon=horizon,
        rows=rows,
        failed=dict(failed),
        pays=pays(seen.served.version),
        **dict(told),
    )


def _moves(prices: pl.DataFrame) -> dict[str, float]:
    """The change of each ticker on the last session, with dividends."""
    last_two = prices.sort("date").group_by("ticker").agg(pl.col("close").tail(2))
    return {
        ticker: closes[1] / closes[0] - 1
        for ticker, closes in last_two.iter_rows()
        if len(closes) == 2 and closes[0]
    }


def _said_before(order: Order, seen: AsOf, horizon: int) -> dict[str, float]:
    """The change that whoever sat there wrote down for each ticker on the session before; nothing where nobody did."""
    said = read_forecast(order.home, order.name, since=seen.as_of - RECENT).filter(
        (pl.col("as_of") < seen.as_of)
        & (pl.col("horizon") == horizon)
        & pl.col("seat").is_in([CHAMPION, REFERENCE])
    )
    last = said.filter(pl.col("as_of") == pl.col("as_of").max(), pl.col("mean").is_not_null())
    own = last.with_columns(own=pl.col("version") == seen.served.version.version)
    first = own.sort("own", "written", descending=[True, False]).unique(
        "ticker", keep="first", maintain_order=True
    )
    return {ticker: math.expm1(mean) for ticker, mean in first.select("ticker", "mean").iter_rows()}
