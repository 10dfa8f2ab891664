"""The store: a merge is idempotent, a key stands once, whoever writes and how often."""

import datetime as dt
import threading

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.data.store import tables
from ml_core.data.store.bars import BarTable, find_later, lengthen
from ml_core.errors import InvalidData, StoreFailed
from ml_core.frames import BARS
from tests.data.test_adjustment import make_bars

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)
KEY = ["k"]


@pytest.fixture
def store(tmp_path):
    return BarTable(tmp_path / "bars" / "series")


def test_what_is_written_is_read_and_writing_it_again_makes_no_version(store):
    bars = make_bars([10.0, 11.0, 12.0])
    first = store.write(bars, observed_at=NOW)
    again = store.write(bars, observed_at=LATER)
    assert store.read().equals(bars)
    assert (first.inserted, again.inserted, again.updated) == (3, 0, 0)
    assert again.version == first.version


def test_spans_that_are_lengthened_by_later_bars_are_those_that_are_stored(store):
    whole = pl.concat([make_bars([10.0, 11.0, 12.0, 13.0], ticker=name) for name in ("AAA", "BBB")])
    store.write(whole.filter(pl.col("ticker") == "AAA").head(2), observed_at=NOW)
    before = store.spans()
    store.write(whole, observed_at=LATER)
    later = find_later(whole, before)
    assert later.height == 6
    assert before | lengthen(before, later) == store.spans()


def test_a_changed_bar_is_a_new_version_and_the_old_one_stays_readable(store):
    bars = make_bars([10.0, 11.0, 12.0])
    first = store.write(bars, observed_at=NOW)
    changed = bars.with_columns(pl.when(pl.col("close") == 11.0).then(11.5).otherwise("close").alias("close"))
    second = store.write(changed, observed_at=LATER)
    assert (second.inserted, second.updated) == (0, 1)
    assert store.read().equals(changed)
    assert store.read(version=first.version).equals(bars)


def test_a_value_that_becomes_null_or_stops_being_null_is_a_change(store):
    with_open = make_bars([10.0, 11.0])
    without = with_open.with_columns(pl.lit(None, pl.Float64).alias("open"))
    store.write(with_open, observed_at=NOW)
    assert store.write(without, observed_at=NOW).updated == 2
    assert store.write(without, observed_at=NOW).updated == 0
    assert store.write(with_open, observed_at=NOW).updated == 2


def test_the_moment_a_row_was_first_seen_as_it_is_stays_with_it(store):
    store.write(make_bars([10.0, 11.0]), observed_at=NOW)
    store.write(make_bars([10.0, 11.7]), observed_at=LATER)
    rows = tables.read(store.folder)
    assert rows is not None
    assert rows.collect().sort("date")["observed_at"].to_list() == [NOW, LATER]


def test_replacing_a_ticker_keeps_nothing_else_of_it_and_all_of_the_others(store):
    other = make_bars([1.0, 2.0, 3.0], ticker="Y")
    store.write(pl.concat([make_bars([10.0, 11.0, 12.0]), other]), observed_at=NOW)
    rebased = make_bars([5.0, 5.5])
    store.write(rebased, observed_at=LATER, replace=("X",))
    assert store.read(("X",)).equals(rebased)
    assert store.read(("Y",)).equals(other)


def test_a_key_that_stands_twice_or_a_close_that_is_null_is_refused_and_nothing_written(store):
    bars = make_bars([10.0, 11.0])
    with pytest.raises(InvalidData, match="share a key"):
        store.write(pl.concat([bars, bars]), observed_at=NOW)
    with pytest.raises(InvalidData, match="close is null"):
        store.write(bars.with_columns(pl.lit(None, pl.Float64).alias("close")), observed_at=NOW)
    assert store.version() is None


def test_reading_until_a_day_gives_what_reading_all_gives_up_to_it(store):
    bars = make_bars([10.0, 11.0, 12.0, 12.5], dividends=[0.0, 0.5, 0.0, 0.2], splits=[1.0, 1.0, 2.0, 1.0])
    store.write(bars, observed_at=NOW)
    day = bars["date"][2]
    assert store.prices(until=day).equals(store.prices().filter(pl.col("date") <= day))


def test_a_store_that_is_not_there_is_empty_and_has_no_version(store):
    assert store.read().is_empty()
    assert dict(store.read().schema) == BARS
    assert store.version() is None
    assert store.spans() == {}


def test_a_version_that_never_was_is_named(store):
    store.write(make_bars([10.0]), observed_at=NOW)
    with pytest.raises(StoreFailed, match="version 99"):
        store.read(version=99)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "bars").write_text("a file where a folder should be")
    with pytest.raises(StoreFailed, match="cannot be written") as caught:
        BarTable(tmp_path / "bars" / "series").write(make_bars([10.0]), observed_at=NOW)
    assert "\n" not in str(caught.value)


rows = st.dictionaries(st.integers(0, 8), st.sampled_from([None, 1.0, 2.0]), max_size=6)


@given(st.lists(rows, min_size=1, max_size=5))
@settings(max_examples=12, deadline=None)
def test_merges_add_up_to_the_last_value_of_each_key(tmp_path_factory, batches):
    folder, model = tmp_path_factory.mktemp("merge") / "table", {}
    for batch in batches:
        table = pl.DataFrame(
            {"k": list(batch), "v": list(batch.values())}, schema={"k": pl.Int64, "v": pl.Float64}
        )
        new = len(batch.keys() - model.keys())
        changed = sum(key in model and model[key] != value for key, value in batch.items())
        done = tables.merge(folder, table, KEY)
        assert (done.inserted, done.updated) == (new, changed)
        model |= batch
    stored = tables.read(folder)
    assert stored is not None
    assert dict(stored.collect().iter_rows()) == model


def test_many_writers_at_once_leave_one_row_for_each_key(tmp_path):
    folder, failed = tmp_path / "table", []

    def write(worker: int) -> None:
        try:
            for place in range(6):
                keys = [place, place + 1, 100 + worker]
                tables.merge(folder, pl.DataFrame({"k": keys, "v": [float(place)] * 3}), KEY)
        except Exception as error:
            failed.append(error)

    workers = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failed
    stored = tables.read(folder)
    assert stored is not None
    assert stored.collect()["k"].sort().to_list() == [*range(7), 100, 101, 102]
