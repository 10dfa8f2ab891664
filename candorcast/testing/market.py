"""A small made-up market with a planted momentum, for checks: prices, a panel with its dates, and forecasts of them."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import polars as pl

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.features.table import build_features
from ml_core.frames import FORECAST, SCORED, conform
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows, build_windows
from ml_core.spec.task import Task

TICKERS = ("ALFA", "BRAV", "CHAR", "DELT", "ECHO", "FOXT")
SECTORS = dict(zip(TICKERS, ("metal", "metal", "grain", "grain", "grain", "metal"), strict=True))
FEATURES = ("momentum_1", "momentum_5", "volatility_5", "shock")
LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)  # all of the market has closed
BARS = ("open", "high", "low", "close", "volume")


@cache
def make_prices(*, sessions: int = 260, seed: int = 3) -> pl.DataFrame:
    """PRICES of six tickers, each with a sector."""
    config = simulated.Config(seed=seed, sessions=sessions, ic=0.3)
    bars = simulated.fetch(Request(TICKERS, {}, "XNYS", None, None, LATER), config).bars
    return adjust(bars).with_columns(sector=pl.col("ticker").replace_strict(SECTORS))


def change_after(prices: pl.DataFrame, day: dt.date, *, seed: int = 0) -> pl.DataFrame:
    """The same with every bar after that day another one."""
    factor = pl.Series(np.exp(np.random.default_rng(seed).normal(0, 0.3, prices.height)))
    later = pl.col("date") > day
    return prices.with_columns(
        pl.when(later).then(pl.col(name) * factor).otherwise(pl.col(name)).alias(name) for name in BARS
    )


def read_panel(prices: pl.DataFrame, task: Task, features: tuple[str, ...] = FEATURES) -> Windows:
    return build_windows(prices, build_features(prices, features), task)


def split_panel(windows: Windows) -> Split:
    """Train, validation and test, with a gap of six sessions between them."""
    days = windows.sessions
    return Split(0, Span(days[40], days[160]), Span(days[166], days[190]), Span(days[196], days[240]))


def forecast_past(prices: pl.DataFrame) -> pl.DataFrame:
    """FORECAST rows one session ahead that know the past only: a share of the last five sessions' return."""
    change = pl.col("close").log().diff().over("ticker")
    drift = pl.col("close").log().diff(5).over("ticker") / 10
    known = (
        prices.sort("ticker", "date")
        .with_columns(mean=drift, scale=change.rolling_std(20).over("ticker"))
        .drop_nulls(["mean", "scale"])
    )
    reach = 1.645 * pl.col("scale")
    table = known.select("ticker", pl.col("date").alias("as_of"), "mean", "scale").with_columns(
        horizon=pl.lit(1),
        lower=pl.col("mean") - reach,
        upper=pl.col("mean") + reach,
        model=pl.lit("past"),
        version=pl.lit("1"),
    )
    return conform(table, FORECAST, "forecast")


def score_past(*, tickers: int = 6, sessions: int = 60) -> pl.DataFrame:
    """SCORED rows of those forecasts."""
    prices = make_prices()
    ahead = pl.col("close").log().diff().shift(-1).over("ticker")
    came = prices.sort("ticker", "date").select("ticker", pl.col("date").alias("as_of"), realized=ahead)
    table = forecast_past(prices).join(came, on=["ticker", "as_of"]).drop_nulls("realized")
    days = table["as_of"].unique().sort()[:sessions]
    kept = table.filter(pl.col("ticker").is_in(TICKERS[:tickers]), pl.col("as_of").is_in(days.to_list()))
    return conform(kept.with_columns(fold=pl.lit(0), split=pl.lit("test")), SCORED, "scored")
