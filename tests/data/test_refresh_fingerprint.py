"""A source that has not changed is not read again; what makes it be read."""

import sys

import polars as pl
import pytest

from ml_core.data import providers
from ml_core.data.intake.refresh import refresh
from ml_core.data.store.tables import newest_version
from ml_core.spec.experiment import Experiment
from tests.data.refreshing import after
from tests.data.test_yahoo import SESSIONS, make_rows

PRINTED = '''
"""A table in a file beside it, with a fingerprint."""
import datetime as dt
import polars as pl
from pathlib import Path
from ml_core.data.providers import Fetched, Outcome, Provider
from ml_core.spec.section import FrozenSection
HERE = Path(__file__).with_name("bars.parquet")
FETCHED = []

class Config(FrozenSection):
    pass

def identity(universe, config):
    return "printed"

def fingerprint(request, config):
    return str(HERE.stat().st_mtime_ns)

def fetch(request, config, *, progress=None):
    FETCHED.append(request.tickers)
    bars = pl.read_parquet(HERE).filter(pl.col("ticker").is_in(list(request.tickers)))
    known = set(bars["ticker"])
    return Fetched(bars, {t: Outcome("ok") if t in known else Outcome("unknown", "none") for t in request.tickers})

PROVIDER = Provider(Config, identity, fetch, fingerprint=fingerprint)
'''


class Printed:
    """A provider of one's own that counts how often it is read."""

    def __init__(self, folder, home) -> None:
        self.file, self.home = folder / "bars.parquet", home
        (folder / "printed.py").write_text(PRINTED)

    def write(self, until: int) -> None:
        rows = [
            (ticker, *row[:6], float(row[6]), row[5]) for ticker in ("AAA", "BBB")
            for row in ((day, o, h, low, close, v, a) for day, o, h, low, close, a, v in make_rows(SESSIONS[:until]))
        ]  # fmt: skip
        names = ["ticker", "date", "open", "high", "low", "close", "volume", "x", "y"]
        table = pl.DataFrame(rows, schema=names, orient="row").select(names[:7]).cast({"volume": pl.Float64})
        more = {"dividend": pl.lit(0.0), "split": pl.lit(1.0), "adj_close": pl.lit(None, pl.Float64)}
        table.with_columns(**more, basis=pl.lit("split_adjusted")).write_parquet(self.file)

    def refresh(self, until: int, tickers=("AAA", "BBB"), **quality):
        experiment = Experiment.model_validate(
            {
                "name": "p",
                "universe": {"tickers": list(tickers)},
                "data": {"source": "printed", "quality": quality},
            }
        )
        return refresh(experiment, self.home, now=after(SESSIONS[until - 1]))

    @property
    def read(self) -> int:
        return len(sys.modules["ml_core.data.providers.printed"].FETCHED)


@pytest.fixture
def printed(tmp_path, home, monkeypatch):
    folder = tmp_path / "providers"
    folder.mkdir()
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(folder)])
    yield Printed(folder, home)
    sys.modules.pop("ml_core.data.providers.printed", None)


def test_a_source_with_the_same_fingerprint_is_not_read_again(printed, home):
    printed.write(60)
    first = printed.refresh(60, ("AAA", "BBB", "CCC"))
    versions = newest_version(home.store / "coverage" / "printed")
    second = printed.refresh(60, ("AAA", "BBB", "CCC"))
    assert printed.read == 1 and second.unchanged and not first.unchanged
    assert second.outcomes == first.outcomes and second.partial and second.last == first.last
    assert second.version == first.version
    assert newest_version(home.store / "coverage" / "printed") == versions
    assert printed.refresh(61, ("AAA", "BBB", "CCC")).unchanged is False, (
        "a session has closed that it may have"
    )
    assert printed.refresh(62, ("AAA", "BBB", "CCC")).unchanged, "it ended before that session already"


def test_another_file_another_judgement_another_universe_and_what_was_held_back_are_read(printed):
    printed.write(60)
    printed.refresh(60)
    assert printed.refresh(60, skip=["spike"]).unchanged is False
    assert printed.refresh(60, ("AAA",)).unchanged is False
    printed.write(62)
    assert printed.refresh(61).inserted == 2
    assert printed.refresh(61).unchanged is False, "a bar was held back as not yet closed"
    assert printed.refresh(62).inserted == 2
    assert printed.refresh(62).unchanged
