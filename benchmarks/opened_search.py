"""What a search is given, made of a simulated market: for benchmarks that run its trials."""

import datetime as dt
from typing import NamedTuple

import polars as pl

from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices
from ml_core.home.settings import Home
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.opening import open_windows
from tuning.search import split_for_search
from tuning.space import build_space, widest_spec

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


class Opened(NamedTuple):
    """`final` ends before the holdout, which no trial sees."""

    prices: pl.DataFrame
    windows: Windows
    folds: list[Split]
    final: Split


def open_search(experiment: Experiment, home: Home) -> Opened:
    """With bars of its own, wide enough for every trial."""
    refresh(experiment, home, now=NOW)
    prices = read_prices(experiment, home)
    windows, _ = open_windows(widest_spec(experiment, build_space(experiment)), prices)
    return Opened(prices, windows, *split_for_search(experiment, windows))
