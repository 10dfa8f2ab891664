"""Rows of a file that are no bars, or not yet, are counted and named; and a ticker may be called NA."""

import datetime as dt
import os

import polars as pl
import pytest

from ml_core.data.providers import Request, files
from ml_core.errors import InvalidInput
from tests.data.test_files import DATES, fetch, table

ODD_NAMES = ("NA", "NULL", "NaN", "None", "-", "nan", "null")


def write_hours(path, rows: list[str]) -> None:
    path.write_text("\n".join(["datetime,open,high,low,close,volume", *rows]) + "\n")


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_ticker_may_be_called_as_others_write_that_nothing_is_there(tmp_path, kind, name):
    path = tmp_path / f"all.{kind}"
    rows = pl.concat([table().with_columns(Symbol=pl.lit(ticker)) for ticker in (name, "AAA")])
    rows = rows.with_columns(pl.col("Volume").cast(pl.String).str.replace(r"^1000$", "NA"))
    (rows.write_csv if kind == "csv" else rows.write_parquet)(path)
    fetched = fetch(path, (name, "AAA"))
    assert {ticker: outcome.rows for ticker, outcome in fetched.outcomes.items()} == dict.fromkeys(
        (name, "AAA"), len(DATES)
    )


@pytest.mark.parametrize("cell", ODD_NAMES)
def test_in_a_column_of_numbers_such_a_name_is_no_number(tmp_path, cell):
    (tmp_path / "AAA.csv").write_text(f"Date,Close,Volume\n2023-01-03,10,{cell}\n2023-01-04,11,5\n")
    assert fetch(tmp_path / "AAA.csv").bars["volume"].to_list() == [None, 5.0]


@pytest.mark.parametrize("bad", ["2023-02-31", "soon", "31.12.2023"])
def test_one_bad_date_is_named_with_its_row(tmp_path, bad):
    rows = table().with_columns(pl.col("Date").cast(pl.String))
    at = pl.int_range(pl.len()) == 71
    rows.with_columns(pl.when(at).then(pl.lit(bad)).otherwise("Date").alias("Date")).write_csv(
        tmp_path / "AAA.csv"
    )
    says = f"AAA.csv: column 'Date': row 72 below the heading holds '{bad}'; expected a date as '%Y-%m-%d'"
    with pytest.raises(InvalidInput) as refused:
        fetch(tmp_path / "AAA.csv")
    assert says in str(refused.value) and "123 of 124 rows" in str(refused.value)


def test_rows_of_days_to_come_are_counted_with_their_tickers_and_the_first_date(tmp_path):
    rows = pl.concat([table().with_columns(ticker=pl.lit(name)) for name in ("AAA", "BBB")])
    rows.filter((pl.col("ticker") == "AAA") | (pl.col("Date") < DATES[-1])).write_csv(tmp_path / "all.csv")
    now = dt.datetime.combine(DATES[-4], dt.time(22), dt.UTC)
    fetched = fetch(tmp_path / "all.csv", ("AAA", "BBB"), now=now)
    assert fetched.bars["date"].max() == DATES[-4]
    said = f"5 rows dated after {DATES[-4]}, the first {DATES[-3]}, left out (AAA 3, BBB 2)"
    assert said in fetched.notes


def test_repeated_rows_rows_without_a_close_and_rows_of_nobody_are_counted_by_ticker(tmp_path):
    rows = pl.concat([table().with_columns(ticker=pl.lit(name)) for name in ("AAA", "BBB")])
    holed = rows.with_columns(pl.when(pl.col("Date") != DATES[9]).then(pl.col("Close")))
    nobody = rows.head(2).with_columns(ticker=pl.lit(None, pl.String))
    pl.concat([holed, holed.head(3), nobody]).write_csv(tmp_path / "all.csv")
    notes = fetch(tmp_path / "all.csv", ("AAA", "BBB")).notes
    assert "3 rows that stood there twice left out (AAA 3)" in notes
    assert "2 rows without a close (AAA 1, BBB 1)" in notes
    assert "2 rows without a ticker left out" in notes


def test_a_split_that_is_no_number_is_said_nowhere(tmp_path):
    rows = table().with_columns(
        pl.when(pl.int_range(pl.len()) == 5).then(float("nan")).otherwise("Adj Close").alias("Adj Close")
    )
    rows.write_parquet(tmp_path / "AAA.parquet")
    fetched = fetch(tmp_path / "AAA.parquet")
    assert not any("nan" in note for note in fetched.notes)
    assert set(fetched.bars["split"]) == {1.0}


def test_hours_of_which_every_row_stands_twice_are_gathered_once(tmp_path):
    rows = [f"2023-01-0{day} {hour}:30,10,11,9,10.5,100" for day in (3, 4) for hour in (9, 15)]
    write_hours(tmp_path / "AAA.csv", [row for row in rows for _ in range(2)])
    assert fetch(tmp_path / "AAA.csv").bars["volume"].to_list() == [200.0, 200.0]


def test_hours_are_in_order_however_their_hour_is_written(tmp_path):
    write_hours(tmp_path / "AAA.csv", ["2023-01-03 9:30,10,11,9,10.5,1", "2023-01-03 15:30,12,13,11,12.5,1"])
    assert fetch(tmp_path / "AAA.csv").bars.select("open", "close").row(0) == (10.0, 12.5)


def test_an_hour_in_another_unit_than_those_around_it_is_left_out_of_its_day_and_said(tmp_path):
    rows = [
        "2023-01-03 10:00,68.4,68.6,68.3,68.5,100",
        "2023-01-03 15:00,68.5,68.7,68.4,68.6,100",
        "2023-01-04 10:00,0.685,0.687,0.684,0.685,100",
        "2023-01-04 15:00,68.5,68.7,68.4,68.5,100",
    ]
    write_hours(tmp_path / "AAA.csv", rows)
    fetched = fetch(tmp_path / "AAA.csv")
    assert fetched.bars.select("open", "high", "low", "close", "volume").row(1) == (
        68.5,
        68.7,
        68.4,
        68.5,
        200.0,
    )
    assert any("2023-01-04 10:00: all prices are 0.01 times those" in note for note in fetched.notes)


def test_a_day_that_ends_in_another_unit_keeps_each_price_as_it_came_and_says_so(tmp_path):
    rows = ["2023-01-03 10:00,68.4,68.6,68.3,68.5,100", "2023-01-03 15:00,0.685,0.687,0.684,0.685,100"]
    write_hours(tmp_path / "AAA.csv", rows)
    fetched = fetch(tmp_path / "AAA.csv")
    assert fetched.bars.select("open", "high", "low", "close").row(0) == (68.4, 68.6, 0.684, 0.685)
    assert any(
        "AAA 2023-01-03: closes within the day are 100 times one another" in note for note in fetched.notes
    )


@pytest.fixture
def ask(tmp_path):
    """The fingerprint of a folder, as asked at some time."""

    def ask(now=dt.datetime(2024, 1, 5, 22, tzinfo=dt.UTC), tickers=("AAA",), **config):
        request = Request(tickers, {}, "XNYS", None, None, now)
        return files.fingerprint(request, files.Config(path=tmp_path, **config))

    return ask


def test_a_fingerprint_changes_with_every_change_of_a_file_the_config_or_the_last_session(tmp_path, ask):
    path = tmp_path / "AAA.csv"
    table().write_csv(path)
    first = ask()
    assert first == ask() == ask(tickers=("BBB", "AAA"))
    assert first != ask(basis="traded")
    assert first != ask(now=dt.datetime(2024, 1, 8, 22, tzinfo=dt.UTC))
    known, text = path.stat(), path.read_text()
    path.write_text(text.replace("100", "101", 1))
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    second = ask()
    assert path.stat().st_size == known.st_size and second != first
    table().write_csv(tmp_path / "BBB.csv")
    third = ask()
    (tmp_path / "BBB.csv").unlink()
    assert third not in (first, second) and ask() == second
