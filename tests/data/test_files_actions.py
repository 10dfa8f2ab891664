"""Dividends and splits that a file shows in its adjusted close alone: small, rounded, beside holes and wrong closes."""

import datetime as dt
import itertools

import numpy as np
import polars as pl
import pytest

from ml_core.data.files.implied import imply_actions
from ml_core.data.providers import Request, files
from ml_core.data.quality.judge import check_bars
from ml_core.data.store.bars import adjust
from tests.data.test_files import DATES, fetch, table

NOW = dt.datetime(2040, 1, 2, tzinfo=dt.UTC)
HOLE = 60
PRICES = ["Open", "High", "Low", "Close"]
ROUNDED = {
    "whole": lambda price: price,
    "six digits": lambda price: np.array([float(f"{value:.6g}") for value in price]),
    "cents": lambda price: np.round(price, 2),
}


def make_fund(price: float, share: float, *, every: int = 21, sessions: int = 2500, seed: int = 0):
    """Dates, closes in cents, dividends of that share of the price, and the adjusted closes as vendors make them."""
    rng = np.random.default_rng(seed)
    close = np.round(price * np.exp(np.cumsum(rng.normal(0, 0.003, sessions))), 2)
    paid = np.where(np.arange(sessions) % every == every - 1, np.round(share * close, 4), 0.0)
    before = np.append(close[0], close[:-1])
    later = np.append(np.cumprod((1 - paid / before)[::-1])[::-1][1:], 1.0)
    days = [dt.date(2010, 1, 1) + dt.timedelta(days=day) for day in range(sessions)]
    return days, close, paid, close * later


def growth(bars: pl.DataFrame) -> float:
    closes = adjust(bars)["close"]
    return closes[-1] / closes[0]


def with_payment(rows: pl.DataFrame, paid: float = 1.5) -> pl.DataFrame:
    kept = 1 - paid / rows["Close"][HOLE - 1]
    before = pl.int_range(pl.len()) < HOLE
    return rows.with_columns(
        pl.when(before).then(pl.col("Close") * kept).otherwise("Close").alias("Adj Close")
    )


def without(rows: pl.DataFrame, *names: str) -> pl.DataFrame:
    there = pl.int_range(pl.len()) != HOLE
    return rows.with_columns(pl.when(there).then(pl.col(name)).alias(name) for name in names)


@pytest.mark.parametrize("share", [0.0008, 0.0004])
@pytest.mark.parametrize("rounded", list(ROUNDED))
def test_small_monthly_dividends_are_found_as_far_as_the_adjusted_close_is_written(tmp_path, rounded, share):
    days, close, paid, adjusted = make_fund(80.0, share)
    given = {"date": days, "close": close, "adj_close": ROUNDED[rounded](adjusted)}
    pl.DataFrame(given).write_csv(tmp_path / "AAA.csv")
    bars = fetch(tmp_path / "AAA.csv", now=NOW).bars
    if rounded != "cents" or share > 0.0005:  # of 80, less than a cent and a half of each
        assert bars.filter(pl.col("dividend") > 0)["date"].to_list() == list(
            itertools.compress(days, paid > 0)
        )
    assert bars["split"].n_unique() == 1
    truth = bars.with_columns(dividend=pl.Series(paid))
    assert growth(bars) == pytest.approx(growth(truth), rel=3e-4)
    if rounded != "cents":
        assert np.allclose(bars["dividend"], paid, atol=2e-5 * 80)


def test_dividends_below_the_rounding_of_a_cheap_price_are_late_but_not_lost(tmp_path):
    days, close, paid, adjusted = make_fund(4.0, 0.0008)
    given = {"date": days, "close": close, "adj_close": np.round(adjusted, 2)}
    pl.DataFrame(given).write_csv(tmp_path / "AAA.csv")
    bars = fetch(tmp_path / "AAA.csv", now=NOW).bars
    cent = 0.01 / adjusted.min() + 0.01 / close.min()
    assert (bars["dividend"] > 0).sum() < (paid > 0).sum()
    truth = bars.with_columns(dividend=pl.Series(paid))
    assert growth(bars) == pytest.approx(growth(truth), rel=cent)


@pytest.mark.parametrize("empty", [("Close",), ("Adj Close",), ("Close", "Adj Close")])
def test_a_row_without_a_close_on_the_day_of_a_dividend_costs_that_row_only(tmp_path, empty):
    rows = with_payment(table())
    rows.write_csv(tmp_path / "whole.csv")
    without(rows, *empty).write_csv(tmp_path / "holed.csv")
    whole, holed = (check_bars(fetch(tmp_path / name).bars) for name in ("whole.csv", "holed.csv"))
    assert holed.sound["dividend"].sum() == pytest.approx(whole.sound["dividend"].sum())
    assert growth(holed.sound) == pytest.approx(growth(whole.sound), rel=1e-3)
    assert holed.findings.filter(pl.col("verdict") == "repair").is_empty()


def test_a_file_with_every_row_twice_gives_the_bars_of_one_that_has_them_once(tmp_path):
    rows = with_payment(table())
    rows.write_csv(tmp_path / "once.csv")
    pl.concat([rows, rows]).write_csv(tmp_path / "twice.csv")
    once, twice = (fetch(tmp_path / name) for name in ("once.csv", "twice.csv"))
    assert twice.bars.equals(once.bars)
    assert check_bars(twice.bars).findings.is_empty()
    assert f"{len(DATES)} rows that stood there twice left out (AAA {len(DATES)})" in twice.notes


@pytest.mark.parametrize("factor", [100.0, 0.01, 1.3, 1.1])
def test_a_wrong_close_beside_a_right_adjusted_one_leaves_the_total_return_right(tmp_path, factor):
    at = pl.int_range(pl.len()) == HOLE
    given = table().with_columns(
        pl.when(at).then(pl.col(name) * factor).otherwise(pl.col(name)) for name in PRICES
    )
    given.with_columns(table()["Close"].alias("Adj Close")).write_csv(tmp_path / "AAA.csv")
    bars, closes = fetch(tmp_path / "AAA.csv").bars, table()["Close"]
    assert bars.filter(pl.col("split") != 1)["date"].to_list() == DATES[HOLE : HOLE + 2]
    for kept in (bars, check_bars(bars).sound):
        assert growth(kept) == pytest.approx(closes[-1] / closes[0])


def test_the_split_of_a_refused_bar_counts_on_the_next_whose_prices_are_split_adjusted(tmp_path):
    before = pl.int_range(pl.len()) < HOLE
    rows = table().with_columns(table()["Close"].alias("Adj Close"))
    halved = rows.with_columns(
        pl.when(before).then(pl.col(name) * 2).otherwise(pl.col(name)) for name in PRICES
    )
    at = pl.int_range(pl.len()) == HOLE
    halved.with_columns(pl.when(at).then(-1.0).otherwise("Low").alias("Low")).write_csv(tmp_path / "AAA.csv")
    checked = check_bars(fetch(tmp_path / "AAA.csv").bars)
    assert checked.refused["date"].to_list() == [DATES[HOLE]]
    closes = table()["Close"]
    assert growth(checked.sound) == pytest.approx(closes[-1] / closes[0])
    assert checked.sound["adj_close"].null_count() == 0


def make_mixed() -> pl.DataFrame:
    """A ticker that splits, one that pays, one whose dividends are recorded, one that never does anything."""
    before = pl.int_range(pl.len()) < HOLE
    plain = table().with_columns(
        table()["Close"].alias("Adj Close"), pl.lit(None, pl.Float64).alias("Dividends")
    )
    split = plain.with_columns(
        pl.when(before).then(pl.col(name) * 2).otherwise(pl.col(name)) for name in PRICES
    )
    recorded = with_payment(plain).with_columns(
        pl.when(pl.int_range(pl.len()) == HOLE).then(1.5).alias("Dividends")
    )
    tables = {"SPLIT": split, "PAID": with_payment(plain), "TOLD": recorded, "PLAIN": plain}
    return pl.concat(rows.with_columns(ticker=pl.lit(name)) for name, rows in tables.items())


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_tickers_rows_are_the_same_whichever_others_are_asked_and_in_any_order(tmp_path, kind):
    path = tmp_path / f"all.{kind}"
    mixed = make_mixed().sort("Date", "ticker")
    (mixed.write_csv if kind == "csv" else mixed.write_parquet)(path)
    names = ("SPLIT", "PAID", "TOLD", "PLAIN")
    whole = fetch(path, names).bars
    assert whole.filter(pl.col("basis") == "traded").select("ticker", "date").rows() == [
        ("SPLIT", DATES[HOLE])
    ]
    asked = (order for count in (1, 2, 3) for order in itertools.permutations(names, count))
    for tickers in asked:
        expected = whole.filter(pl.col("ticker").is_in(tickers))
        assert fetch(path, tickers).bars.sort("ticker", "date").equals(expected), tickers


@pytest.mark.parametrize("rounded", list(ROUNDED))
def test_what_is_said_of_a_row_stays_as_rows_are_added(rounded):
    days, close, _, adjusted = make_fund(30.0, 0.002, every=17, sessions=400, seed=3)
    close[200] *= 10
    close[300] = np.nan
    columns = {"ticker": "AAA", "date": days, "close": close, "adj_close": ROUNDED[rounded](adjusted)}
    rows = pl.DataFrame(columns)
    whole = imply_actions(rows)
    assert whole.height > 20
    for count in range(1, rows.height, 7):
        some = imply_actions(rows.head(count))
        assert some.equals(whole.filter(pl.col("date") <= days[count - 1]))


def test_prices_that_the_file_calls_traded_are_so_on_every_day(tmp_path):
    with_payment(table()).write_csv(tmp_path / "AAA.csv")
    assert set(fetch(tmp_path / "AAA.csv", basis="traded").bars["basis"]) == {"traded"}


def test_a_step_between_two_files_of_a_folder_is_seen(tmp_path):
    rows = with_payment(table()).with_columns(ticker=pl.lit("AAA"))
    rows.head(HOLE).write_csv(tmp_path / "1.csv")
    rows.slice(HOLE).write_csv(tmp_path / "2.csv")
    fetched = files.fetch(Request(("AAA",), {}, "XNYS", None, None, NOW), files.Config(path=tmp_path))
    assert fetched.bars.filter(pl.col("dividend") > 0)["date"].to_list() == [DATES[HOLE]]
