"""Context is what was known on a date, and nothing that came later: other series, and a table of the user's own."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.data.context import Context, join_context
from ml_core.data.intake.own_table import read_table
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import data_version, read_prices
from ml_core.data.store.bars import FACTS
from ml_core.data.store.store import open_store
from ml_core.errors import InvalidInput
from ml_core.home.settings import open_home
from ml_core.spec.experiment import Experiment

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
NOTHING = pl.DataFrame(schema=FACTS)
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
    assert join_context(prices, vix, NOTHING)["context_vix"].to_list() == [None, 12.0, 12.0, 15.0, 15.0]
    assert join_context(prices, vix, NOTHING, lag=1)["context_vix"].to_list() == [
        None,
        None,
        12.0,
        12.0,
        15.0,
    ]


def test_a_series_that_was_never_fetched_is_named(home):
    refresh(make_experiment(), home, now=NOW)
    with pytest.raises(InvalidInput, match=r"no bars stored for \^TNX; run: candorcast refresh x"):
        read_prices(make_experiment(series=["^TNX"]), home)


def test_a_row_of_the_own_table_counts_from_the_day_it_became_known(home, tmp_path):
    refresh(make_experiment(), home, now=NOW)
    dates = read_prices(make_experiment(), home)["date"].unique().sort()
    path = tmp_path / "macro.csv"
    path.write_text(
        f"period,known,CPI yoy,source\n2017-11,{dates[10]},2.2,a\n2017-12,{dates[30]} 08:30:00,2.1,b\n"
    )
    experiment = make_experiment(table=str(path))
    with pytest.raises(InvalidInput, match=r"macro.csv: not read yet; run: candorcast refresh x"):
        read_prices(experiment, home)
    refresh(experiment, home, now=NOW)
    prices = read_prices(experiment, home).filter(pl.col("ticker") == "AAA")
    before = (prices["date"] <= dates[30]).sum()
    assert prices["context_cpi_yoy"].to_list() == [None] * 10 + [2.2] * (before - 10) + [2.1] * (60 - before)


def test_of_two_rows_known_since_one_day_the_later_holds(tmp_path):
    rows = {"known": [DAYS[3], DAYS[3], DAYS[5]], "mood": [1.0, 2.0, 3.0], "gap": [7.0, None, float("nan")]}
    pl.DataFrame(rows).write_parquet(tmp_path / "mood.parquet")
    facts = read_table(Context(table=tmp_path / "mood.parquet")).select("name", "date", "value").rows()
    assert facts == [("mood", DAYS[3], 2.0), ("mood", DAYS[5], 3.0), ("gap", DAYS[3], 7.0)]


@pytest.mark.parametrize("months", [("2024-01", "2024-02"), ("2024Q1", "2024Q2"), (202401, 202402)])
def test_a_revision_holds_from_the_day_it_was_known_unless_a_newer_date_was_known_by_then(tmp_path, months):
    first, second = months
    path, prices = tmp_path / "cpi.csv", make_series("AAA", dict.fromkeys(range(7), 1.0))
    told = [(first, 1, 1.0), (first, 2, 1.1), (second, 4, 2.0), (first, 5, 1.2), (second, 6, 2.1)]
    rows = "".join(f"{month},{DAYS[day]},{value}\n" for month, day, value in told)
    path.write_text(f"date,known,cpi\n{rows}")
    joined = join_context(prices, prices.clear(), read_table(Context(table=path)))
    assert joined["context_cpi"].to_list() == [None, 1.0, 1.1, 1.1, 2.0, 2.0, 2.1]


def test_a_version_reads_the_table_as_it_stood_whatever_became_of_the_file(home, tmp_path):
    path, first = tmp_path / "macro.csv", "known,cpi,gdp\n2017-01-01,2.2,1\n2020-01-01,2.3,2\n"
    experiment, seen = make_experiment(table=str(path), series=["^VIX"]), {}
    for text in (first, first.replace("2.2", "9.9"), "known,cpi\n2017-06-01,5\n", first):
        path.write_text(text)
        done = refresh(experiment, home, now=NOW)
        seen[data_version(experiment, home)] = read_prices(experiment, home)
        assert done.version == data_version(experiment, home)
        assert refresh(experiment, home, now=NOW).version == done.version  # what stands makes no version
    path.unlink()
    assert len(seen) == 4
    first_seen, edited, narrow, again = seen.values()
    assert again.equals(first_seen) and not again.equals(edited)
    assert "context_gdp" not in narrow and set(narrow["context_cpi"].drop_nulls()) == {5.0}
    for version, prices in seen.items():
        assert read_prices(experiment, home, version=version).equals(prices)
    with pytest.raises(InvalidInput, match="no such file"):
        refresh(experiment, home, now=NOW)


def test_what_another_file_or_another_experiment_said_is_not_taken_for_ones_own(home, tmp_path):
    for name in ("macro", "other"):
        (tmp_path / f"{name}.csv").write_text("known,cpi\n2017-01-01,2.2\n")
    refresh(make_experiment(table=str(tmp_path / "macro.csv")), home, now=NOW)
    mine = make_experiment(table=str(tmp_path / "macro.csv"))
    moved = make_experiment(table=str(tmp_path / "elsewhere" / "macro.csv"))
    assert read_prices(moved, home).equals(read_prices(mine, home))  # a folder may be moved
    for stranger in (
        make_experiment(table=str(tmp_path / "other.csv")),
        mine.model_copy(update={"name": "y"}),
    ):
        with pytest.raises(InvalidInput, match="not read yet"):
            read_prices(stranger, home)
    plain = open_store(mine, home).bars
    assert set(plain.read()["ticker"]) == set(plain.spans()) == {"AAA", "BBB"}
    assert plain.read(("context/x/macro.csv/known/date/cpi",)).is_empty()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "no such file"),
        ("date,cpi\n2024-01-01,1\n", "no column 'known'"),
        ("known,word\n2024-01-01,a\n", "no column of numbers"),
        ("known,cpi\nsoon,1\n", "holds 'soon'; expected dates"),
        ("known,cpi\n2024-01-01,\n2024-01-02,NaN\n", "no column of numbers"),
        ("known,cpi\n,1\n2024-01-02,\n", "no row has both a value and a day in 'known'"),
        ("date,known,cpi\n3/2024,2024-04-01,1\n", "column 'date' holds '3/2024'; expected dates"),
        ("known,CPI yoy,cpi_yoy\n2024-01-01,1,2\n", "CPI yoy, cpi_yoy would become one feature"),
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
    before, columns = pl.col("date") <= DAYS[upto], ["date", "context_mood", "context_x"]

    def join(known):
        table = make_series("", {place: value for place, value in rows.items() if known(place)})
        given_series = make_series("X", {place: value for place, value in series.items() if known(place)})
        named = table.select("date", name=pl.lit("mood"), value="close")
        joined = join_context(prices, given_series, named).filter(before)
        absent = [name for name in columns if name not in joined.columns]
        return joined.with_columns(pl.lit(None, pl.Float64).alias(name) for name in absent)

    assert join(lambda _: True).select(columns).equals(join(lambda place: place <= upto).select(columns))


def read_text(tmp_path, text: str) -> pl.DataFrame:
    file = tmp_path / "own.csv"
    file.write_text(text)
    return read_table(Context(table=file)).sort("name", "date").select("name", "date", "value")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("known,cpi\n2024-01-02,1.5\n2024-02-02,oops\n", "column 'cpi' holds 'oops'; expected numbers"),
        ("known,cpi\n2024-01-02,1.5\nsoon,2\n", "column 'known' holds 'soon'; expected dates"),
        (
            "date,known,cpi\n2024-06-30,2024-01-05,1\n",
            "a row about 2024-06-30 says that it was known since 2024-01-05, before",
        ),
        ("date,known,cpi\n2024-01-31,2024-02-05,1\nlast,2024-02-05,1\n", "column 'date' holds 'last'"),
    ],
)
def test_what_would_be_read_wrongly_is_refused_by_its_value(tmp_path, text, told):
    with pytest.raises(InvalidInput, match=told):
        read_text(tmp_path, text)


def test_decimal_commas_words_beside_and_times_with_a_zone(tmp_path):
    table = read_text(tmp_path, "known;cpi;remark\n2024-01-02;2,5;first\n2024-02-02T13:30:00Z;2,75;\n")
    assert table.rows() == [("cpi", dt.date(2024, 1, 2), 2.5), ("cpi", dt.date(2024, 2, 3), 2.75)]


def test_days_are_ordered_as_days_not_as_text(tmp_path):
    told = read_text(tmp_path, "date,known,cpi\n2019-2-28,2019-03-13,1\n2019-10-31,2019-11-13,2\n")
    assert told["value"].to_list() == [1.0, 2.0]
