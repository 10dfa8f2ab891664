"""A dated table of one's own may say whose each row is: then a ticker reads its own values, as of each was known."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.data.context import Context, join_context, part_facts
from ml_core.data.intake.own_table import read_table
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import data_version, read_prices
from ml_core.data.store.bars import FACTS
from ml_core.errors import InvalidInput
from ml_core.spec.experiment import Experiment, Model
from ml_core.walkforward.opening import read_panel
from ml_core.walkforward.walk import evaluate
from tests.data.test_context import DAYS
from tests.market import NOW, TICKERS, small_experiment

SERIES = pl.DataFrame(schema={"ticker": pl.String, "date": pl.Date, "close": pl.Float64})
ODD = ("^GSPC", "BRK.B", "RY-A", "EURUSD=X", "NA", "null")


def read_text(folder, text: str) -> pl.DataFrame:
    file = folder / "own.csv"
    file.write_text(text)
    return read_table(Context(table=file))


def prices_of(*tickers: str, days: int = 6) -> pl.DataFrame:
    return pl.DataFrame({"ticker": tickers}).join(pl.DataFrame({"date": DAYS[:days]}), how="cross")


def column(prices: pl.DataFrame, ticker: str, name: str = "context_eps") -> list[float | None]:
    return prices.filter(pl.col("ticker") == ticker)[name].to_list()


def test_each_value_holds_for_its_own_ticker_from_the_day_it_was_known(tmp_path):
    told = f"known,ticker,eps\n{DAYS[1]},AAA,1\n{DAYS[3]} 21:00:00,AAA,2\n{DAYS[2]},BBB,7\n"
    joined = join_context(prices_of("AAA", "BBB", "CCC"), SERIES, read_text(tmp_path, told))
    assert column(joined, "AAA") == [None, 1, 1, 1, 2, 2]
    assert column(joined, "BBB") == [None, None, 7, 7, 7, 7]
    assert column(joined, "CCC") == [None] * 6


def test_a_row_without_a_ticker_holds_for_all_until_a_newer_one(tmp_path):
    told = f"known,symbol,eps,cpi\n{DAYS[1]},,5,2.5\n{DAYS[2]},AAA,1,\n{DAYS[4]},,6,\n{DAYS[4]},BBB,9,\n"
    joined = join_context(prices_of("AAA", "BBB", "CCC"), SERIES, read_text(tmp_path, told))
    assert column(joined, "AAA") == [None, 5, 1, 1, 6, 6]
    assert column(joined, "BBB") == [None, 5, 5, 5, 9, 9]
    assert column(joined, "CCC", "context_cpi") == [None, 2.5, 2.5, 2.5, 2.5, 2.5]


def test_a_revision_is_of_its_own_ticker(tmp_path):
    told = "date,known,ticker,eps\n"
    rows = [("2024Q2", 2, "AAA", 2), ("2024Q1", 3, "AAA", 9), ("2024Q1", 3, "BBB", 1)]
    told += "".join(f"{about},{DAYS[day]},{ticker},{value}\n" for about, day, ticker, value in rows)
    joined = join_context(prices_of("AAA", "BBB"), SERIES, read_text(tmp_path, told))
    assert column(joined, "AAA") == [None, None, 2, 2, 2, 2]
    assert column(joined, "BBB") == [None, None, None, 1, 1, 1]


def test_a_ticker_may_hold_odd_signs_and_be_called_as_what_is_missing(tmp_path):
    rows = "".join(f"{DAYS[0]},{ticker},{place},NA\n" for place, ticker in enumerate(ODD))
    facts = read_text(tmp_path, f"known,ticker,eps,debt/equity\n{rows}{DAYS[0]},AAA,9,0.5\n")
    joined = join_context(prices_of(*ODD, "AAA", days=1), SERIES, facts)
    assert joined["context_eps"].to_list() == [0, 1, 2, 3, 4, 5, 9]
    assert joined["context_debt_equity"].to_list() == [None] * 6 + [0.5]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("known,ticker,symbol,eps\n2024-01-02,A,A,1\n", "columns ticker, symbol may all be the ticker"),
        ("known,ticker,/eps\n2024-01-02,A,1\n", "column '/eps' begins with a slash; rename it"),
        ("known,ticker,eps\n2024-01-02,A,1\n2024-01-02,A,x1\n", "column 'eps' holds 'x1'; expected numbers"),
        ("known,ticker\n2024-01-02,A\n", "no column of numbers"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, told):
    with pytest.raises(InvalidInput, match=told):
        read_text(tmp_path, text)


known = st.dictionaries(
    st.tuples(st.sampled_from(["AAA", "BBB", None]), st.integers(0, 39)), st.floats(-5, 5)
)


@given(known, st.integers(0, 39))
@settings(max_examples=60, deadline=None)
def test_what_becomes_known_later_changes_nothing_before(values, upto):
    prices = prices_of("AAA", "BBB", days=40)

    def join(last: int) -> pl.DataFrame:
        rows = [
            (f"/{ticker}/eps" if ticker else "eps", DAYS[place], value, None)
            for (ticker, place), value in values.items()
            if place <= last
        ]
        joined = join_context(prices, SERIES, pl.DataFrame(rows, schema=FACTS, orient="row"))
        if "context_eps" not in joined.columns:
            joined = joined.with_columns(context_eps=pl.lit(None, pl.Float64))
        return joined.filter(pl.col("date") <= DAYS[upto]).select("ticker", "date", "context_eps")

    assert join(39).equals(join(upto))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Earnings of four of the six tickers, one of them from late on, and of two strangers."""
    file = tmp_path_factory.mktemp("own") / "earnings.csv"
    days = [dt.date(2018, month, 3) for month in range(1, 13)]
    rows = [
        f"{day},{ticker},{place + number % 5}\n"
        for place, ticker in enumerate((*TICKERS[:4], "ZZZ", "YYY"))
        for number, day in enumerate(days)
        if ticker != TICKERS[3] or number >= 6
    ]
    file.write_text("known,ticker,eps\n" + "".join(rows))
    return file


def reading(table, *, features: tuple[str, ...] = ("momentum_5", "context_eps")) -> Experiment:
    return small_experiment(
        data={"context": {"table": str(table)}},
        features={"names": features, "select": "all"},
        model=Model(family="ridge"),
        validation={"train": 60, "test": 20, "holdout": 20},
    )


def test_a_refresh_stores_it_once_and_names_whose_rows_nobody_reads(new_home, table):
    home, experiment = new_home(), reading(table)
    done = refresh(experiment, home, now=NOW)
    assert any(
        "rows of 2 tickers that are not in the universe are not read: first YYY" in n for n in done.notes
    )
    prices, version = read_prices(experiment, home), data_version(experiment, home)
    assert refresh(experiment, home, now=NOW).version == version
    kept = table.read_text()
    table.write_text(kept.replace(f",{TICKERS[0]},", f",{TICKERS[0]},9"))
    refresh(experiment, home, now=NOW)
    assert not read_prices(experiment, home).equals(prices)
    assert read_prices(experiment, home, version=version).equals(prices)
    table.write_text(kept)


def test_its_column_is_a_feature_by_name_and_who_has_no_row_is_told(new_home, table):
    home, experiment = new_home(), reading(table)
    refresh(experiment, home, now=NOW)
    prices = read_prices(experiment, home)
    assert set(prices.filter(pl.col("context_eps").is_null())["ticker"]) == set(TICKERS[:6])
    found = evaluate(experiment, prices)
    assert found.left_out == ()
    told = " | ".join(found.lost)
    assert "ECHO, FOXT: no context_eps; without context_eps there is no window" in told
    assert "no context_eps before that day" in told and "DELT (2018-07-0" in told
    assert set(found.forecasts["ticker"]) <= set(TICKERS[:4])
    everyone = table.parent / "everyone.csv"
    everyone.write_text(table.read_text() + "2018-01-01,,1\n")
    wider = reading(everyone)
    refresh(wider, home, now=NOW)
    whole = evaluate(wider, read_prices(wider, home))
    assert whole.lost == () and set(whole.forecasts["ticker"]) == set(TICKERS[:6])


def test_a_level_is_read_where_it_is_named_only(new_home, table):
    home = new_home()
    refresh(reading(table), home, now=NOW)
    experiment = small_experiment(
        data={"context": {"table": str(table)}},
        features={"names": (), "groups": ["context"], "select": "all"},
    )

    windows, _ = read_panel(experiment.spec, read_prices(experiment, home))
    assert windows.features == ("context_eps_change_1", "context_eps_change_5", "context_eps_gap_60")


def test_old_facts_are_read_as_they_were():
    rows = [("debt/equity", DAYS[0], 1.0, None), ("cpi", DAYS[0], 2.0, None)]
    common, own = part_facts(pl.DataFrame(rows, schema=FACTS, orient="row"))
    assert own.is_empty() and common["name"].to_list() == ["debt/equity", "cpi"]
