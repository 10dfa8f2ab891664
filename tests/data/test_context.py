"""Context is what was known on a date, and nothing that came later: other series, and a table of the user's own."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.data.context import Context, join_context, read_table
from ml_core.data.prices import read_prices
from ml_core.data.refresh import refresh
from ml_core.errors import InvalidInput
from ml_core.experiment import Experiment
from ml_core.settings import open_home

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=place) for place in range(40)]


def make_experiment(**context) -> Experiment:
    return Experiment.model_validate(
        {
            "name": "x",
            "universe": {"tickers": ["AAA", "BBB"], "calendar": "data"},
            "data": {"source": "simulated", "simulated": {"sessions": 60}, "context": context},
        }
    )


def make_series(name: str, values: dict[int, float]) -> pl.DataFrame:
    schema = {"ticker": pl.String, "date": pl.Date, "close": pl.Float64}
    return pl.DataFrame(
        [(name, DAYS[place], value) for place, value in values.items()], schema=schema, orient="row"
    )


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path / "home")


def test_a_series_of_the_context_is_fetched_too_and_stands_beside_every_ticker(home):
    experiment = make_experiment(series=["^VIX"])
    done = refresh(experiment, home, now=NOW)
    assert set(done.outcomes) == {"AAA", "BBB", "^VIX"}
    prices = read_prices(experiment, home)
    assert set(prices["ticker"]) == {"AAA", "BBB"}
    assert prices["context_vix"].null_count() == 0
    assert prices.group_by("date").agg(pl.col("context_vix").n_unique())["context_vix"].max() == 1
    assert prices.drop("context_vix").equals(read_prices(make_experiment(), home))
    past = read_prices(experiment, home, until=prices["date"][30])
    assert past.equals(prices.filter(pl.col("date") <= prices["date"][30]))


def test_a_series_holds_its_last_value_is_null_before_its_first_and_may_be_known_later():
    prices = make_series("AAA", dict.fromkeys(range(5), 1.0))
    vix = make_series("^VIX", {1: 12.0, 3: 15.0})
    assert join_context(prices, vix)["context_vix"].to_list() == [None, 12.0, 12.0, 15.0, 15.0]
    assert join_context(prices, vix, lag=1)["context_vix"].to_list() == [None, None, 12.0, 12.0, 15.0]


def test_a_series_that_was_never_fetched_is_named(home):
    refresh(make_experiment(), home, now=NOW)
    with pytest.raises(InvalidInput, match=r"no bars stored for \^TNX; run: walkforward refresh x"):
        read_prices(make_experiment(series=["^TNX"]), home)


def test_a_row_of_the_own_table_counts_from_the_day_it_became_known(home, tmp_path):
    refresh(make_experiment(), home, now=NOW)
    dates = read_prices(make_experiment(), home)["date"].unique().sort()
    path = tmp_path / "macro.csv"
    path.write_text(
        f"period,known,CPI yoy,source\n2017-11,{dates[10]},2.2,a\n2017-12,{dates[30]} 08:30:00,2.1,b\n"
    )
    prices = read_prices(make_experiment(table=str(path)), home).filter(pl.col("ticker") == "AAA")
    before = (prices["date"] <= dates[30]).sum()
    assert prices["context_cpi_yoy"].to_list() == [None] * 10 + [2.2] * (before - 10) + [2.1] * (60 - before)


def test_of_two_rows_known_since_one_day_the_later_holds(tmp_path):
    rows = {"known": [DAYS[3], DAYS[3], DAYS[5]], "mood": [1.0, 2.0, 3.0]}
    pl.DataFrame(rows).write_parquet(tmp_path / "mood.parquet")
    table = read_table(Context(table=tmp_path / "mood.parquet"))
    assert table is not None and table.rows() == [(DAYS[3], 2.0), (DAYS[5], 3.0)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "no such file"),
        ("date,cpi\n2024-01-01,1\n", "no column 'known'"),
        ("known,word\n2024-01-01,a\n", "no column of numbers"),
        ("known,cpi\nsoon,1\n", "holds 'soon'; expected dates"),
    ],
)
def test_an_own_table_that_cannot_be_used_is_named_with_the_reason(tmp_path, text, says):
    file = tmp_path / "macro.csv"
    if text:
        file.write_text(text)
    with pytest.raises(InvalidInput, match=says) as refused:
        read_table(Context(table=file))
    assert str(file) in str(refused.value)


numbers = st.dictionaries(st.integers(0, 39), st.floats(-5, 5), max_size=12)


@given(numbers, numbers, st.integers(0, 39))
@settings(max_examples=60, deadline=None)
def test_what_becomes_known_later_changes_nothing_before(series, rows, upto):
    prices = make_series("AAA", dict.fromkeys(range(40), 1.0))
    before = pl.col("date") <= DAYS[upto]

    def join(known):
        table = make_series("", {place: value for place, value in rows.items() if known(place)})
        given_series = make_series("X", {place: value for place, value in series.items() if known(place)})
        named = table.select(pl.col("date").alias("known"), pl.col("close").alias("mood"))
        joined = join_context(prices, given_series, named).filter(before)
        return joined if "context_x" in joined else joined.with_columns(context_x=pl.lit(None, pl.Float64))

    columns = ["date", "context_mood", "context_x"]
    assert join(lambda _: True).select(columns).equals(join(lambda place: place <= upto).select(columns))
