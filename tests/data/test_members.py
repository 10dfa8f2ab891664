"""A file says who was in a universe and when; each row of prices knows of its own date, and a version keeps it all."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import data_version, read_prices
from ml_core.data.store.membership import join_members, tell_members
from ml_core.errors import InvalidInput
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import read_experiment
from ml_core.spec.membership import read_members
from tests.market import NOW, small_experiment

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=place) for place in range(8)]


def write(folder, text: str):
    file = folder / "members.csv"
    file.write_text(text)
    return file


def member_of(folder, text: str, ticker: str) -> list[bool]:
    file = write(folder, text)
    prices = pl.DataFrame({"ticker": ["AAA", "BBB"]}).join(pl.DataFrame({"date": DAYS}), how="cross")
    experiment = Experiment.model_validate(
        {"name": "x", "universe": {"tickers": ["AAA", "BBB"], "members": file}}
    )
    joined = join_members(prices, experiment, tell_members(read_members(file)))
    return joined.filter(pl.col("ticker") == ticker)["member"].to_list()


def test_both_ends_are_in_an_empty_end_is_still_in_and_a_ticker_may_come_back(tmp_path):
    text = f"ticker,from,to\nAAA,{DAYS[1]},{DAYS[2]}\nBBB,{DAYS[4]},\nAAA,{DAYS[5]},{DAYS[5]}\n"
    assert member_of(tmp_path, text, "AAA") == [False, True, True, False, False, True, False, False]
    assert member_of(tmp_path, text, "BBB") == [False] * 4 + [True] * 4


def test_spans_that_follow_each_other_leave_no_gap(tmp_path):
    text = f"Ticker;From;To\nAAA;{DAYS[3]};\nAAA;{DAYS[1]};{DAYS[2]}\n"
    assert member_of(tmp_path, text, "AAA") == [False] + [True] * 7
    assert member_of(tmp_path, text, "BBB") == [False] * 8


def test_a_parquet_file_and_tickers_that_look_like_nothing_are_read(tmp_path):
    file = tmp_path / "members.parquet"
    pl.DataFrame({"ticker": ["NA", "^X.Y=Z"], "from": [DAYS[0]] * 2, "to": [None, DAYS[3]]}).write_parquet(
        file
    )
    assert [(span.ticker, span.last) for span in read_members(file)] == [("NA", None), ("^X.Y=Z", DAYS[3])]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ticker,from\nA,2020-01-01\n", "no column 'to'; expected ticker, from, to"),
        ("ticker,from,to,delistin\nA,2020-01-01,,\n", "unknown column 'delistin'; did you mean 'delisting'?"),
        ("ticker,from,to\nA,2020-01-01,\nB,1/2/2020,\n", "row 3: 'from' is '1/2/2020'; expected a date such as"),
        ("ticker,from,to\nA,2020-01-01,2020-02-31\n", "row 2: 'to' is '2020-02-31'; expected a date"),
        ("ticker,from,to\nA,2020-01-01,2019-12-31\n", "row 2: A is in from 2020-01-01 to 2019-12-31, which is before"),
        ("ticker,from,to\nA,,2019-12-31\n", "row 2: A has no 'from'"),
        ("ticker,from,to\n,2020-01-01,\n", "row 2: no ticker"),
        ("ticker,from,to\nA,2020-01-01,2020-03-01\nB,2020-01-01,\nA,2020-03-01,\n",
         "row 4: A is in from 2020-03-01 on, and by row 2 until 2020-03-01; expected spans that do not overlap"),
        ("ticker,from,to\nA,2020-01-01,\nA,2021-01-01,\n", "row 3: A is in from 2021-01-01 on, and by row 2 still"),
        ("ticker,from,to,delisting\nA,2020-01-01,,-1.5\n", "row 2: 'delisting' is '-1.5'; expected a return of at"),
        ("ticker,from,to\n", "no row"),
        (None, "there is no such file"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_named_with_the_row(tmp_path, text, told):
    file = tmp_path / "members.csv" if text is None else write(tmp_path, text)
    with pytest.raises(InvalidInput, match=r"members\.csv") as refused:
        read_members(file)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


MEMBERS = "ticker,from,to\nALFA,2000-01-01,\nBRAV,2018-04-02,2018-08-31\nCHAR,2000-01-01,2018-06-29\n"


def with_members(file) -> Experiment:
    return small_experiment(universe={"tickers": ("ALFA", "BRAV", "CHAR"), "members": file})


def test_without_tickers_the_universe_is_every_name_of_the_file_beside_the_experiment(tmp_path):
    write(tmp_path, MEMBERS)
    (tmp_path / "index.toml").write_text('name = "index"\n[universe]\nmembers = "members.csv"\n')
    experiment = read_experiment(str(tmp_path / "index.toml"))
    assert experiment.universe.tickers == ("ALFA", "BRAV", "CHAR")
    assert experiment.universe.members == tmp_path / "members.csv"
    two = read_experiment(str(tmp_path / "index.toml"), ('universe.tickers=["ALFA", "CHAR"]',))
    assert two.universe.tickers == ("ALFA", "CHAR")


def test_an_experiment_that_says_nothing_of_members_is_named_as_before():
    told = small_experiment().model_dump(mode="json")["universe"]
    assert set(told) == {"tickers", "sectors", "calendar", "benchmark"}


def test_a_version_knows_who_was_in_whatever_became_of_the_file(new_home, tmp_path):
    home, file = new_home(), write(tmp_path, MEMBERS)
    experiment = with_members(file)
    refresh(small_experiment(universe={"tickers": ("ALFA", "BRAV", "CHAR")}), home, now=NOW)
    with pytest.raises(InvalidInput, match=r"members.csv: not read yet; run: candorcast refresh small"):
        read_prices(experiment, home)
    refresh(experiment, home, now=NOW)
    prices, version = read_prices(experiment, home), data_version(experiment, home)
    inside = (
        prices.filter("member").group_by("ticker").agg(first=pl.col("date").min(), last=pl.col("date").max())
    )
    spans = {name: (first, last) for name, first, last in inside.iter_rows()}
    assert spans["BRAV"] == (dt.date(2018, 4, 2), dt.date(2018, 8, 31))
    assert spans["CHAR"][1] == dt.date(2018, 6, 29)
    assert refresh(experiment, home, now=NOW).version == version
    write(tmp_path, MEMBERS.replace("2018-06-29", "2018-07-31"))
    done = refresh(experiment, home, now=NOW)
    assert any("universe.members" in note and "1 values new" in note for note in done.notes)
    assert not read_prices(experiment, home).equals(prices)
    file.unlink()
    assert read_prices(experiment, home, version=version).equals(prices)


def test_a_ticker_that_no_row_names_is_told(new_home, tmp_path):
    file = write(tmp_path, MEMBERS.replace("BRAV", "ZULU"))
    done = refresh(with_members(file), new_home(), now=NOW)
    assert any("no row of BRAV; never in the universe" in note for note in done.notes)
