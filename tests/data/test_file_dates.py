"""Dates as people write them in files, and those that can mean two days."""

import datetime as dt

import polars as pl
import pytest

from ml_core.errors import InvalidInput
from tests.data.test_files import DATES, closes, fetch, table


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%d.%m.%Y", "%Y-%m-%d 00:00:00+09:00", "%Y-%m-%dT00:00:00Z"]
)
def test_dates_are_read_as_they_are_written_whatever_the_zone(tmp_path, form):
    table().with_columns(pl.col("Date").dt.to_string(form)).write_csv(tmp_path / "AAA.csv")
    assert fetch(tmp_path / "AAA.csv").bars["date"].to_list() == DATES


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%d-%m-%Y", "%b %d, %Y", "%d %b %Y", "%m/%d/%Y"])
def test_dates_that_only_one_reading_puts_on_weekdays_are_read_so(tmp_path, form):
    path = tmp_path / "AAA.csv"
    table().with_columns(pl.col("Date").dt.strftime(form)).write_csv(path)
    fetched = fetch(path)
    assert fetched.bars["date"].to_list() == DATES
    assert closes(fetched) == table()["Close"].to_list()


def test_dates_that_can_mean_two_days_are_refused_until_the_user_says(tmp_path):
    path = tmp_path / "AAA.csv"
    path.write_text("Date,Close\n03/07/2023,10\n05/09/2023,11\n")
    with pytest.raises(InvalidInput, match=r"set data\.files\.date_format"):
        fetch(path)
    assert fetch(path, date_format="%d/%m/%Y").bars["date"].to_list() == [
        dt.date(2023, 7, 3),
        dt.date(2023, 9, 5),
    ]
    with pytest.raises(InvalidInput, match="no dates that can be read as"):
        fetch(path, date_format="%Y-%m-%d")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_dates_as_seconds_or_parts_of_them_since_1970_are_read(tmp_path, unit):
    path = tmp_path / "AAA.parquet"
    scale = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    stamps = pl.col("Date").cast(pl.Datetime("ns")).cast(pl.Int64) // scale
    table().with_columns(stamps).write_parquet(path)
    assert fetch(path).bars["date"].to_list() == DATES
