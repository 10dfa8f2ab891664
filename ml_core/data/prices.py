"""An experiment in, its stored prices at its frequency out."""

import datetime as dt

import polars as pl

from ml_core.data.source import open_source
from ml_core.data.store import PriceStore
from ml_core.errors import InvalidInput
from ml_core.experiment import Experiment
from ml_core.settings import Home


def read_prices(
    experiment: Experiment, home: Home, *, until: dt.date | None = None, version: int | None = None
) -> pl.DataFrame:
    """PRICES of the universe, from `data.start` to `data.end` or `until`, as a version of the store held them."""
    store = open_store(experiment, home)
    tickers = experiment.universe.tickers
    end = min(until or dt.date.max, experiment.data.end or dt.date.max)
    benchmark = experiment.universe.benchmark
    wanted = tickers if benchmark is None or benchmark in tickers else (*tickers, benchmark)
    prices = store.read(wanted, until=end, version=version)
    if experiment.data.start:
        prices = prices.filter(pl.col("date") >= experiment.data.start)
    missing = [ticker for ticker in tickers if ticker not in set(prices["ticker"].unique())]
    if missing:
        when = f" up to {until}" if until else ""
        raise InvalidInput(
            f"no bars stored{when} for {', '.join(missing)}; run: walkforward refresh {experiment.name}"
        )
    return at_frequency(prices, experiment.task.frequency)


def data_version(experiment: Experiment, home: Home) -> int:
    """The version of the stored bars, which a model names so that it can be read again."""
    version = open_store(experiment, home).version()
    if version is None:
        raise InvalidInput(f"no bars stored; run: walkforward refresh {experiment.name}")
    return version


def open_store(experiment: Experiment, home: Home) -> PriceStore:
    return PriceStore(home.store, open_source(experiment).identity)


def at_frequency(prices: pl.DataFrame, frequency: str) -> pl.DataFrame:
    """Daily rows as they are; weekly ones dated by the week's last session, weeks that are over only."""
    if frequency == "daily":
        return prices.sort("ticker", "date")
    week = pl.col("date").dt.truncate("1w")
    last_session = pl.col("date").max().over(week)
    over = last_session.is_in([prices["date"].max()]) & (last_session.dt.weekday() < 5)
    weekly = (
        prices.sort("ticker", "date")
        .with_columns(session=last_session, week=week, running=over)
        .filter(~pl.col("running"))
        .group_by("ticker", "session", maintain_order=True)
        .agg(
            pl.col("open").drop_nulls().first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.when(pl.col("volume").is_not_null().any()).then(pl.col("volume").sum()),
            pl.col("dividend").sum(),
            pl.col("split").product(),
            pl.col("factor").last(),
        )
        .rename({"session": "date"})
    )
    return weekly.select(prices.columns).sort("ticker", "date")
