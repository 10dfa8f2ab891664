"""What is judged: the winner of a search, refitted, with what it was chosen by."""

from dataclasses import dataclass

import polars as pl

from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.registry.searched import Searched


@dataclass(frozen=True)
class Candidate:
    """`data_version`: that of the stored bars which its prices were read from. `streams`: the returns of the search's
    trials on their test dates. `earlier`: how many trials this experiment's other searches tried, also those that
    were interrupted."""

    forecaster: Forecaster
    windows: Windows
    prices: pl.DataFrame
    data_version: int
    split: Split
    streams: pl.DataFrame
    search: Searched
    earlier: int = 0

    @property
    def tried(self) -> int:
        """All that it was chosen from, and those before it."""
        return self.search.trials + self.earlier
