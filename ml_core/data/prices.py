"""An experiment in, its stored prices at its frequency out."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ml_core.data.absence import explain_absence
from ml_core.data.context import Context, join_context
from ml_core.data.frequency import at_frequency
from ml_core.data.sectors import read_sectors
from ml_core.data.source import open_source
from ml_core.data.store import FACTS, PriceStore, adjust
from ml_core.errors import InvalidInput
from ml_core.experiment import Experiment
from ml_core.settings import Home


@dataclass(frozen=True)
class Sources:
    """What prices are made of: BARS of the universe and of its context's series, FACTS of the user's own table, and
    the sector of each ticker where any is known."""

    bars: pl.DataFrame
    series: pl.DataFrame
    facts: pl.DataFrame
    sectors: Mapping[str, str]


def read_prices(
    experiment: Experiment, home: Home, *, until: dt.date | None = None, version: int | None = None
) -> pl.DataFrame:
    """PRICES of the universe, from `data.start` to `data.end` or `until`, as a version of the store held them;
    with the sector of each ticker where any is known, and a column for each series of its context."""
    return build_prices(experiment, read_sources(experiment, home, until=until, version=version))


def read_sources(
    experiment: Experiment, home: Home, *, until: dt.date | None = None, version: int | None = None
) -> Sources:
    """All that the experiment's prices are made of, as a version of the store held it."""
    source = open_source(experiment)
    store, context = PriceStore(home.store, source.identity), source.context
    end = min(until or dt.date.max, experiment.data.end or dt.date.max)
    bars = store.bars(experiment.universe.tickers, until=end, version=version)
    kept = bars.filter(pl.col("date") >= experiment.data.start) if experiment.data.start else bars
    _require(experiment.universe.tickers, kept, experiment, home, until=until)
    sectors = read_sectors(experiment.universe, store, version=version)
    series = store.bars(context.series, until=end, version=version) if context.series else bars.clear()
    _require(context.series, series, experiment, home, until=until)
    return Sources(bars, series, _read_facts(experiment, context, store, version), sectors)


def build_prices(experiment: Experiment, sources: Sources) -> pl.DataFrame:
    """Bars adjusted, at the task's frequency, and beside them what was known on each date."""
    prices = adjust(sources.bars)
    if experiment.data.start:
        prices = prices.filter(pl.col("date") >= experiment.data.start)
    prices = at_frequency(prices, experiment.task.frequency, calendar=experiment.universe.calendar)
    if sources.sectors:
        sector = pl.col("ticker").replace_strict(sources.sectors, default=None, return_dtype=pl.String)
        prices = prices.with_columns(sector=sector)
    lag = open_source(experiment).context.lag
    return join_context(prices, adjust(sources.series), sources.facts, lag=lag)


def _read_facts(
    experiment: Experiment, context: Context, store: PriceStore, version: int | None
) -> pl.DataFrame:
    """What the last refresh up to that version read of the user's own table; the file is not looked at."""
    topic = context.topic(experiment.name)
    if topic is None:
        return pl.DataFrame(schema=FACTS)
    facts = store.facts(topic, version=version)
    if facts.is_empty():
        raise InvalidInput(
            f"data.context.table {context.table}: not read yet; run: walkforward refresh {experiment.name}"
        )
    return facts


def read_benchmark(experiment: Experiment, home: Home) -> pl.DataFrame | None:
    """PRICES of the benchmark on all stored dates, for comparison only: no model reads them."""
    ticker = experiment.universe.benchmark
    if ticker is None:
        return None
    prices = open_store(experiment, home).read((ticker,))
    _require((ticker,), prices, experiment, home)
    return at_frequency(prices, experiment.task.frequency, calendar=experiment.universe.calendar)


def _require(
    tickers: tuple[str, ...],
    prices: pl.DataFrame,
    experiment: Experiment,
    home: Home,
    *,
    until: dt.date | None = None,
) -> None:
    known = set(prices["ticker"].unique())
    missing = tuple(ticker for ticker in tickers if ticker not in known)
    if missing:
        raise InvalidInput(explain_absence(experiment, home, missing, until=until))


def data_version(experiment: Experiment, home: Home) -> int:
    """The version of the stored bars, which a model names so that it can be read again."""
    version = open_store(experiment, home).version()
    if version is None:
        raise InvalidInput(explain_absence(experiment, home, experiment.universe.tickers))
    return version


def open_store(experiment: Experiment, home: Home) -> PriceStore:
    return PriceStore(home.store, open_source(experiment).identity)
