"""Files of the same columns are read together: what comes of each is what comes of it alone."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.providers import Request, files
from ml_core.errors import InvalidInput
from tests.data.mixed_files import LAST, TICKERS, spoilt_bars, write_mixed

NOW = dt.datetime(2030, 1, 2, tzinfo=dt.UTC)


def fetch(path, tickers):
    request = Request(tuple(tickers), {}, "XNYS", None, None, NOW)
    return files.fetch(request, files.Config(path=path))


@pytest.fixture
def folder(tmp_path):
    """Three alike with a column of tickers, three alike without, and of each kind one that is otherwise."""
    day = [dt.date(2023, 1, place) for place in (3, 4, 5)]
    for place, name in enumerate(("AAA", "BBB", "CCC")):
        rows = pl.DataFrame({"date": day, "close": [1.0 + place, 2.0, 3.0], "split": [0.0, 0.0, 2.0]})
        rows.with_columns(ticker=pl.lit(name)).write_parquet(tmp_path / f"{name}.parquet")
        rows.write_parquet(tmp_path / f"X{name}.parquet")
    return tmp_path


NAMED = ("AAA", "BBB", "CCC", "XAAA", "XBBB", "XCCC")


def test_a_folder_is_what_its_files_are_one_by_one(folder):
    together = fetch(folder, NAMED)
    alone = [fetch(folder / f"{name}.parquet", [name]) for name in NAMED]
    assert together.bars.equals(pl.concat([one.bars for one in alone]))
    assert all(how.status == "ok" and how.rows == 3 for how in together.outcomes.values())


def test_a_mixed_folder_is_what_its_files_are_one_by_one(tmp_path):
    write_mixed(tmp_path, spoilt_bars(), until=LAST)
    together = fetch(tmp_path, TICKERS)
    alone = [fetch(file, [file.stem]).bars for file in sorted(tmp_path.iterdir())]
    assert together.bars.equals(pl.concat(alone).sort("ticker", "date", maintain_order=True))


def test_what_is_wrong_with_one_is_told_of_it_and_the_others_come(folder):
    bad = pl.read_parquet(folder / "XBBB.parquet").with_columns(split=pl.lit(float("inf")))
    bad.write_parquet(folder / "XBBB.parquet")
    came = fetch(folder, NAMED)
    assert came.outcomes["XBBB"].status == "failed"
    assert "XBBB.parquet: row 1 below the heading holds inf in 'split'" in came.outcomes["XBBB"].reason
    assert {name for name, how in came.outcomes.items() if how.status == "ok"} == {*NAMED} - {"XBBB"}


def test_one_that_is_cut_off_or_empty_is_named(folder):
    (folder / "XAAA.parquet").write_bytes((folder / "XAAA.parquet").read_bytes()[:100])
    pl.read_parquet(folder / "XCCC.parquet").clear().write_parquet(folder / "XCCC.parquet")
    came = fetch(folder, NAMED)
    assert "XAAA.parquet: cannot be read" in came.outcomes["XAAA"].reason
    assert "XCCC.parquet: has no rows" in came.outcomes["XCCC"].reason


def test_files_of_tickers_that_nobody_asks_for_are_left_where_they_are(folder):
    came = fetch(folder, ["BBB", "XBBB"])
    assert set(came.bars["ticker"]) == {"BBB", "XBBB"}
    with pytest.raises(InvalidInput, match="no such file"):
        fetch(folder / "other", ["BBB"])
