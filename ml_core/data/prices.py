"""Reads an experiment's prices from the store, adjusted and at its frequency. Every step that learns or forecasts
gets its prices here."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from ml_core.data.absence import explain_absence, tell_absence
from ml_core.data.context import join_context
from ml_core.data.frequency import at_frequency
from ml_core.data.sectors import read_sectors
from ml_core.data.store.bars import FACTS, adjust
from ml_core.data.store.membership import join_members, stored_members
from ml_core.data.store.store import Store, open_store
from ml_core.errors import InvalidInput
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment


@dataclass(frozen=True)
class Sources:
    """What prices are made of: BARS of the universe and of its context's series, FACTS of the user's own table, the
    sector of each ticker where any is known, and FACTS of who is in the universe when; `lag`: the sessions after which
    the close of a series is known."""

    bars: pl.DataFrame
    series: pl.DataFrame
    facts: pl.DataFrame
    sectors: Mapping[str, str]
    members: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FACTS))
    lag: int = 0

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Those that have a date, by name: what an audit changes."""
        dated = {"bars": self.bars, "series": self.series, "facts": self.facts}
        return dated | ({"members": self.members} if self.members.height else {})


def read_prices(
    experiment: Experiment, home: Home, *, until: dt.date | None = None, version: int | None = None
) -> pl.DataFrame:
    """PRICES of the universe, from `data.start` to `data.end` or `until`, as a version of the store held them;
    with the sector of each ticker where any is known, and a column for each series of its context. A ticker without
    a bar is not among them (`tell_absent` says why); where no ticker has one, that is an error."""
    return build_prices(experiment, read_sources(experiment, home, until=until, version=version))


def read_sources(
    experiment: Experiment, home: Home, *, until: dt.date | None = None, version: int | None = None
) -> Sources:
    """All that the experiment's prices are made of, as a version of the store held it."""
    store = open_store(experiment, home)
    context = store.source.context
    end = min(until or dt.date.max, experiment.data.end or dt.date.max)
    bars = store.bars.read(experiment.universe.tickers, until=end, version=version)
    kept = bars.filter(pl.col("date") >= experiment.data.start) if experiment.data.start else bars
    _require_enough(kept, experiment, store, until=until)
    bars = bars.join(kept.select("ticker").unique(), on="ticker", how="semi", maintain_order="left")
    sectors = read_sectors(experiment.universe, store, version=version)
    series = store.bars.read(context.series, until=end, version=version) if context.series else bars.clear()
    _require_series(series, experiment, store, until=until)
    facts = _read_facts(experiment, store, version)
    members = stored_members(experiment, store, version)
    return Sources(bars, series, facts, sectors, members, context.lag)


def build_prices(experiment: Experiment, sources: Sources) -> pl.DataFrame:
    """Bars adjusted, at the task's frequency, and beside them what was known on each date."""
    prices = adjust(sources.bars)
    if experiment.data.start:
        prices = prices.filter(pl.col("date") >= experiment.data.start)
    prices = at_frequency(prices, experiment.task.frequency, calendar=experiment.universe.calendar)
    if sources.sectors:
        sector = pl.col("ticker").replace_strict(sources.sectors, default=None, return_dtype=pl.String)
        prices = prices.with_columns(sector=sector)
    prices = join_members(prices, experiment, sources.members)
    return join_context(prices, adjust(sources.series), sources.facts, lag=sources.lag)


def _read_facts(experiment: Experiment, store: Store, version: int | None) -> pl.DataFrame:
    """What the last refresh up to that version read of the user's own table; the file is not looked at."""
    context = store.source.context
    file = f"data.context.table {context.table}"
    return store.read_told(context.topic(experiment.name), version, file=file, experiment=experiment.name)


def read_benchmark(experiment: Experiment, home: Home, *, version: int | None = None) -> pl.DataFrame | None:
    """PRICES of the benchmark on all dates that a version of the store held, for comparison only: no model reads them.
    None where there are none: what is held is then beside all tickers in equal parts."""
    return _benchmark_of(experiment, open_store(experiment, home), version)


def _benchmark_of(experiment: Experiment, store: Store, version: int | None = None) -> pl.DataFrame | None:
    ticker = experiment.universe.benchmark
    prices = store.bars.prices((ticker,), version=version) if ticker else pl.DataFrame()
    if prices.is_empty():
        return None
    return at_frequency(prices, experiment.task.frequency, calendar=experiment.universe.calendar)


def tell_absent(
    experiment: Experiment,
    home: Home,
    prices: pl.DataFrame,
    *,
    until: dt.date | None = None,
    compared: bool = False,
) -> dict[str, str]:
    """The tickers of the universe that these prices lack, each with the reason; if they are `compared` with the
    benchmark, that too where it has no bars."""
    there, benchmark = set(prices["ticker"].unique()), experiment.universe.benchmark
    missing = tuple(ticker for ticker in experiment.universe.tickers if ticker not in there)
    store = open_store(experiment, home)
    told = tell_absence(experiment, store, missing, until=until)
    if compared and benchmark and benchmark not in there and _benchmark_of(experiment, store) is None:
        why = tell_absence(experiment, store, (benchmark,))[benchmark]
        told[benchmark] = f"no comparison with the benchmark, but with all tickers in equal parts: {why}"
    return told


def _require_enough(
    prices: pl.DataFrame, experiment: Experiment, store: Store, *, until: dt.date | None
) -> None:
    """Bars of some ticker, or of two where tickers are compared."""
    least, there = 1 if experiment.task.target == "return" else 2, set(prices["ticker"].unique())
    if len(there) >= least:
        return
    missing = tuple(ticker for ticker in experiment.universe.tickers if ticker not in there)
    why = explain_absence(experiment, store, missing, until=until)
    if there:
        why = (
            f"task.target '{experiment.task.target}' compares tickers, and only {min(there)} has bars: {why}"
        )
    raise InvalidInput(why)


def _require_series(
    bars: pl.DataFrame, experiment: Experiment, store: Store, *, until: dt.date | None
) -> None:
    """All series of the context: without one a feature would go without a word, and another model be fitted."""
    there = set(bars["ticker"].unique())
    if missing := tuple(name for name in store.source.context.series if name not in there):
        raise InvalidInput(explain_absence(experiment, store, missing, until=until))


def data_version(experiment: Experiment, home: Home) -> int:
    """The version of the stored bars, which a model names so that it can be read again."""
    store = open_store(experiment, home)
    version = store.bars.version()
    if version is None:
        raise InvalidInput(explain_absence(experiment, store, experiment.universe.tickers))
    return version
