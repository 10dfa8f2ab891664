"""All that is kept of one source under a home, and where each of it lies. What is kept of a model, such as its
forecasts, lies where its home says."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ml_core.data.almanac import Almanac
from ml_core.data.source import Source, open_source
from ml_core.data.store.answers import AnswerTable
from ml_core.data.store.bars import FACTS, BarTable
from ml_core.data.store.findings import FindingTable
from ml_core.errors import InvalidInput
from ml_core.home.bucket import Place
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment


@dataclass(frozen=True)
class Store:
    """The tables of one source. Opening it reads nothing and makes nothing."""

    home: Home
    source: Source

    @property
    def bars(self) -> BarTable:
        """Bars as they were accepted, and facts beside them."""
        return BarTable(self._folder("bars"))

    @property
    def findings(self) -> FindingTable:
        """What the checks found: bars in quarantine, repairs and notes."""
        return FindingTable(self._folder("quarantine"))

    @property
    def answers(self) -> AnswerTable:
        """What each ticker was asked for, and what came."""
        return AnswerTable(self._folder("coverage"))

    @property
    def cache(self) -> Path:
        """A folder for what the provider wants to remember."""
        return self.home.store / "cache" / self.source.identity

    @property
    def almanac(self) -> Almanac:
        """The hours of exchanges, the same for all sources of the home."""
        return Almanac(self.home.store / "calendars", reads=self.home.reads)

    @property
    def fingerprint(self) -> Path:
        """The file that says what the source looked like after the last refreshes."""
        return self.home.store / "coverage" / f"{self.source.identity}.json"

    def read_told(
        self, topic: str | None, version: int | None, *, file: str, experiment: str
    ) -> pl.DataFrame:
        """FACTS of an experiment's own `file` as the last refresh up to that version read it, none without a topic; the
        file is not looked at."""
        if topic is None:
            return pl.DataFrame(schema=FACTS)
        facts = self.bars.facts(topic, version=version)
        if facts.is_empty():
            raise InvalidInput(f"{file}: not read yet; run: candorcast refresh {experiment}")
        return facts

    def _folder(self, kind: str) -> Place:
        return self.home.tables / kind / self.source.identity


def open_store(experiment: Experiment, home: Home) -> Store:
    """The store of the experiment's source; an unknown source, or an unknown option of it, is refused."""
    return Store(home, open_source(experiment))
