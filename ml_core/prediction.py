"""A registered model and stored prices in, forecasts out: what the command line, the flows and the app all call."""

import datetime as dt

import polars as pl

from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput
from ml_core.experiment import Experiment
from ml_core.forecaster import Forecaster
from ml_core.registry import Registry
from ml_core.settings import Home


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
    return {
        ticker: "too little history, a feature that was never known, no bar on the last session "
        f"(its last: {last[ticker]}), or not in a joint model"
        if ticker in last
        else "no bars stored by then"
        for ticker in asked
        if ticker not in answered
    }


def require_answers(asked: tuple[str, ...], table: pl.DataFrame, prices: pl.DataFrame) -> dict[str, str]:
    """As `unanswered`; an answer for nobody is an error."""
    missing = unanswered(asked, table, prices)
    if table.is_empty():
        first = next(iter(missing), "any ticker")
        raise InvalidInput(f"no forecast for {first}: {missing.get(first, 'nothing was asked')}")
    return missing
