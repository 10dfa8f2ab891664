"""Holds what sizing may know besides forecasts: sectors, realised volatility and recent returns, each as known at a
session's close."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from ml_core.errors import InvalidData, InvalidInput
from ml_core.frames import Array
from ml_core.portfolio.grid import Grid, grid_of

YEAR = 252.0
JUDGED = 30  # sessions from which their distance means something
SECTORS = {"ticker": pl.String, "sector": pl.String}


@dataclass(frozen=True)
class Market:
    """Prices, how many of their sessions and of their trading days make a year, and whom to stand beside: `benchmark`,
    whose prices are those `beside` if it is none of the tickers."""

    prices: pl.DataFrame
    periods_per_year: float = YEAR
    benchmark: str | None = None
    beside: pl.DataFrame | None = None
    days_per_year: float = YEAR

    @property
    def days(self) -> float:
        """Trading days a session: 1, or 252/52 of a week (365/52 where every day is traded)."""
        return self.days_per_year / self.periods_per_year

    @cached_property
    def traded(self) -> pl.DataFrame:
        """The prices, with those of the benchmark."""
        if self.beside is None:
            return self.prices
        told = [name for name in ("member", "delisting") if name in self.prices.columns]
        return pl.concat([self.prices.select(*self.beside.columns, *told), self.beside], how="diagonal")

    @cached_property
    def grid(self) -> Grid:
        """Every ticker of the prices on one grid."""
        return grid_of(self.prices, tuple(sorted(self.prices["ticker"].unique())))

    @cached_property
    def return_TN(self) -> Array:
        """Simple returns from close to close; 0 where the last price is carried on, NaN up to the first bar."""
        close_TN = self.grid.close_TN
        return_TN = np.full(close_TN.shape, np.nan)
        return_TN[1:] = close_TN[1:] / close_TN[:-1] - 1
        return return_TN

    def volatility(self, sessions: int) -> pl.DataFrame:
        """(ticker, date, volatility) a session: the deviation of the last so many log returns of each ticker; null
        until it has as many."""
        change = pl.col("close").log().diff()
        return (
            self.prices.sort("ticker", "date")
            .select("ticker", "date", volatility=change.rolling_std(sessions).over("ticker"))
            .with_columns(pl.col("volatility").fill_nan(None))
        )

    @property
    def known_sectors(self) -> dict[str, str]:
        """Of each ticker that has one."""
        if "sector" not in self.prices.columns:
            return {}
        return dict(self.prices.select("ticker", "sector").drop_nulls().unique().iter_rows())

    def sectors(self, tickers: pl.Series) -> pl.DataFrame:
        """(ticker, sector) of these tickers, each of which must have one."""
        named = self.known_sectors
        lacking = sorted(set(tickers) - set(named))
        if lacking:
            more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            raise InvalidInput(
                f"strategy.neutral 'sector': no sector is known for {', '.join(lacking[:5])}{more}; "
                "name it in [universe.sectors]"
            )
        return pl.DataFrame([(name, named[name]) for name in sorted(set(tickers))], SECTORS, orient="row")


def need(market: Market | None, setting: str) -> Market:
    """The market, where a setting reads prices."""
    if market is None:
        raise InvalidInput(f"strategy.{setting} reads prices, and none were given")
    return market


def check_calendar(market: Market) -> None:
    """A year of sessions must be as long as a year: weeks counted as days would make risk out of nothing."""
    days = market.prices["date"].unique().sort()
    if len(days) < JUDGED:
        return
    apart = (days[-1] - days[0]).days / (len(days) - 1)
    expected = 365.25 / market.periods_per_year
    if not 0.5 < apart / expected < 2:
        raise InvalidData(
            f"prices: a session every {apart:.1f} days; expected one every {expected:.1f}, "
            f"{market.periods_per_year:.0f} a year (task.frequency)"
        )
