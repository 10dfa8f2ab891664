"""How a table lies on disk: what is written is as much as what is new, and what is read is what was asked for."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from deltalake import DeltaTable

from ml_core.data.store import tables
from ml_core.data.store.bars import BarTable
from ml_core.data.store.datafiles import ROWS
from ml_core.frames import BARS
from tests.data.test_adjustment import make_bars

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
TICKERS, DAYS = 40, 2600


def make_market(tickers: int = TICKERS, days: int = DAYS) -> pl.DataFrame:
    dates = [dt.date(2010, 1, 1) + dt.timedelta(days=place) for place in range(days)]
    close = np.random.default_rng(3).integers(100, 9000, tickers * days) / 100
    names = pl.DataFrame({"ticker": [f"T{place:02d}" for place in range(tickers)]})
    bars = names.join(pl.DataFrame({"date": dates}), how="cross").with_columns(close=close)
    return pl.concat([pl.DataFrame(schema=BARS), bars], how="diagonal")


@pytest.fixture(scope="module")
def market():
    return make_market()


@pytest.fixture
def store(tmp_path, market):
    made = BarTable(tmp_path / "bars" / "series")
    made.write(market, observed_at=NOW)
    return made


def files_of(store: BarTable) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in store.folder.glob("*.parquet")}


def next_day(bars: pl.DataFrame, days: int = 1) -> pl.DataFrame:
    newest = bars.filter(pl.col("date") == bars["date"].max())
    return newest.with_columns(pl.col("date") + pl.duration(days=days))


def test_a_new_session_is_one_small_file_in_one_version(store, market):
    before, version = files_of(store), store.version()
    written = store.write(next_day(market), observed_at=NOW)
    added = files_of(store).keys() - before.keys()
    assert (written.inserted, written.version) == (TICKERS, version + 1)
    assert len(added) == 1
    assert sum(files_of(store)[name] for name in added) < 15_000 < sum(before.values()) / 20


def test_a_correction_writes_one_file_again_and_leaves_the_others(store, market):
    before = files_of(store)
    corrected = market.filter(pl.col("ticker") == "T07", pl.col("date") == dt.date(2015, 3, 2))
    written = store.write(corrected.with_columns(close=1.0), observed_at=NOW)
    added = files_of(store).keys() - before.keys()
    assert (written.updated, len(added)) == (1, 1)
    assert sum(files_of(store)[name] for name in added) < sum(before.values()) / 2
    assert store.read(("T07",), since=dt.date(2015, 3, 2), until=dt.date(2015, 3, 2))["close"].to_list() == [
        1.0
    ]


def test_many_small_files_are_gathered_with_a_write_and_old_versions_stay(tmp_path):
    store, versions = BarTable(tmp_path / "bars" / "series"), {}
    for place in range(tables.MANY_FILES + 10):
        bars = make_bars([10.0 + place], ticker=f"X{place:02d}")
        versions[store.write(bars, observed_at=NOW).version] = place + 1
    assert list(versions) == list(range(1, len(versions) + 1))
    live = pl.DataFrame(DeltaTable(str(store.folder)).get_add_actions(flatten=True))
    assert live.height < 20
    for version in (1, tables.MANY_FILES, tables.MANY_FILES + 2, len(versions)):
        assert store.read(version=version).height == versions[version]


def test_no_file_holds_more_than_its_share_and_all_of_them_hold_every_row(store, market):
    parts = [pl.read_parquet(file) for file in store.folder.glob("*.parquet")]
    assert len(parts) > 3
    assert all(part.height <= ROWS for part in parts)
    assert pl.concat(parts).select(list(BARS)).sort("ticker", "date").equals(market)


@pytest.mark.parametrize("until", [None, dt.date(2014, 5, 5), dt.date(2010, 1, 20), dt.date(2009, 1, 1)])
def test_the_tail_of_each_ticker_is_the_end_of_what_reading_all_gives(store, market, until):
    short = make_bars([5.0, 6.0, 7.0], ticker="NEW")
    store.write(short, observed_at=NOW)
    store.write(market.filter(pl.col("date") < dt.date(2011, 1, 1)).head(200).with_columns(ticker=pl.lit("OLD")),
                observed_at=NOW)  # fmt: skip
    asked = ("T01", "T30", "NEW", "OLD", "ABSENT")
    whole = store.read(asked, until=until).group_by("ticker").tail(30).sort("ticker", "date")
    assert store.tail(asked, 30, until=until).equals(whole)


def test_the_tail_reads_only_files_of_the_last_years(store):
    names = ("T01", "T30")
    for file in store.folder.glob("*.parquet"):
        if pl.read_parquet(file)["date"].max() < dt.date(2016, 1, 1):
            Path(file).write_bytes(b"")
    assert store.tail(names, 100).height == 200


def test_bars_since_a_day_are_those_from_it_on(store, market):
    day = dt.date(2016, 2, 3)
    assert store.read(since=day).equals(market.filter(pl.col("date") >= day))


def test_a_store_that_is_not_there_has_no_tail(tmp_path):
    assert BarTable(tmp_path / "bars" / "series").tail(("A",), 5).is_empty()
