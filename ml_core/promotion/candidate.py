"""What is judged: the winner of a search, refitted, with what it was chosen by."""

from dataclasses import dataclass

import polars as pl

from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.registry.searched import Searched


@dataclass(frozen=True)
class Candidate:
    """`streams`: the returns of the search's trials on their test dates, the winner's first."""

    forecaster: Forecaster
    windows: Windows
    prices: pl.DataFrame
    split: Split
    streams: pl.DataFrame
    search: Searched
