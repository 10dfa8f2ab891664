"""Forecasts with a registered model from stored prices. Command line, flows and app all call it, so that they
give the same numbers."""

import datetime as dt

import polars as pl

from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment


def predict(
    experiment: Experiment,
    home: Home,
    *,
    as_of: dt.date | None = None,
    version: str | None = None,
    tickers: tuple[str, ...] = (),
) -> pl.DataFrame:
    """FORECAST rows of the champion, or of a version, for the last session up to `as_of`."""
    registry = Registry(home)
    forecaster = registry.load(registry.find(experiment.model_name, version))
    return forecast(forecaster, read_prices(experiment, home, until=as_of), as_of=as_of, tickers=tickers)


def forecast(
    forecaster: Forecaster,
    prices: pl.DataFrame,
    *,
    as_of: dt.date | None = None,
    tickers: tuple[str, ...] = (),
) -> pl.DataFrame:
    """FORECAST rows of these tickers (default all): every ticker is read, because features compare them."""
    return forecaster.predict(prices, as_of=as_of, tickers=tickers)


def unanswered(asked: tuple[str, ...], table: pl.DataFrame, prices: pl.DataFrame) -> dict[str, str]:
    """Why a ticker that was asked for has no forecast."""
    answered = set(table["ticker"].unique())
    last = dict(prices.group_by("ticker").agg(pl.col("date").max()).iter_rows())
    outside, newest = find_outsiders(prices), prices["date"].max()
    return {
        ticker: f"not in the universe on {newest}"
        if ticker in outside
        else "too little history, a feature without any value, no bar on the last session "
        f"(its last: {last[ticker]}), or not in a joint model"
        if ticker in last
        else "no bars stored by then"
        for ticker in asked
        if ticker not in answered
    }


def find_outsiders(prices: pl.DataFrame) -> frozenset[str]:
    """Who is not in the universe by the last of these prices: nobody asks for a forecast of them."""
    if "member" not in prices.columns:
        return frozenset()
    newest = prices.sort("date").group_by("ticker").agg(pl.col("member").last())
    return frozenset(newest.filter(~pl.col("member"))["ticker"])


def require_answers(asked: tuple[str, ...], table: pl.DataFrame, prices: pl.DataFrame) -> dict[str, str]:
    """As `unanswered`, of those in the universe on the last session; an answer for nobody is an error."""
    outside = find_outsiders(prices)
    missing = unanswered(tuple(ticker for ticker in asked if ticker not in outside), table, prices)
    if table.is_empty():
        first = next(iter(missing), "any ticker")
        raise InvalidInput(f"no forecast for {first}: {missing.get(first, 'nothing was asked')}")
    return missing
