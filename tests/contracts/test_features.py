"""What every feature must keep, whichever is added to a group: past only, short memory, one ticker at a time."""

import numpy as np
import polars as pl
import pytest

from ml_core.features.table import build_features, catalogue
from tests.market import simulate_prices

CATALOGUE = {name: feature for name, (_, feature) in catalogue().items()}
PRICES = simulate_prices(tickers=6, sessions=1400)
SESSIONS = PRICES["date"].unique().sort()
BARS = ("open", "high", "low", "close", "volume")
every_feature = pytest.mark.parametrize("name", CATALOGUE)


def needs_of(name: str) -> set[str]:
    """The feature and every feature it is built from."""
    return {name}.union(*(needs_of(need) for need in CATALOGUE[name].needs if need in CATALOGUE))


def compares_tickers(name: str) -> bool:
    return any(CATALOGUE[need].scope == "date" for need in needs_of(name))


@pytest.fixture(scope="module")
def whole() -> pl.DataFrame:
    """Every feature on the whole market."""
    return build_features(PRICES, tuple(CATALOGUE)).table


def test_every_feature_is_built_as_float32_and_by_its_name(whole):
    assert whole.columns == ["ticker", "date", *CATALOGUE]
    assert set(whole.select(list(CATALOGUE)).dtypes) == {pl.Float32}
    assert whole.height == PRICES.height


@every_feature
def test_it_is_finite_once_its_history_is_there(name, whole):
    later = whole.with_columns(row=pl.int_range(pl.len()).over("ticker")).filter(
        pl.col("row") >= CATALOGUE[name].history
    )
    assert later[name].null_count() == 0
    assert later[name].is_finite().all()
    assert later[name].n_unique() > 2


@every_feature
def test_its_own_row_and_its_declared_history_suffice(name, whole):
    history = CATALOGUE[name].history
    for last in (700, 1101, 1399):
        recent = PRICES.filter(pl.col("date").is_between(SESSIONS[last - history], SESSIONS[last]))
        short = build_features(recent, (name,)).table.filter(pl.col("date") == SESSIONS[last])
        full = whole.filter(pl.col("date") == SESSIONS[last])
        scale = float(whole[name].std())
        np.testing.assert_allclose(
            short.sort("ticker")[name].to_numpy(),
            full.sort("ticker")[name].to_numpy(),
            rtol=1e-5,
            atol=1e-5 * scale,
        )


def test_changing_the_future_changes_no_bit_of_any_feature_before_it(whole):
    cut = SESSIONS[900]
    later = pl.col("date") > cut
    rng = np.random.default_rng(0)
    moved = PRICES.with_columns(
        pl.when(later).then(pl.col(name) * rng.uniform(0.2, 5, PRICES.height)).otherwise(pl.col(name))
        for name in BARS
    )
    assert_equal_until(cut, build_features(moved, tuple(CATALOGUE)).table, whole)


@pytest.mark.parametrize("session", [5, 64, 333, 900])
def test_dropping_the_future_changes_no_bit_of_any_feature_before_it(whole, session):
    cut = SESSIONS[session]
    known = PRICES.filter(pl.col("date") <= cut)
    assert_equal_until(cut, build_features(known, tuple(CATALOGUE)).table, whole)


def test_the_order_of_rows_and_other_columns_change_nothing(whole):
    shuffled = PRICES.sample(fraction=1.0, shuffle=True, seed=1).with_columns(note=pl.lit("a"))
    table = build_features(shuffled, tuple(CATALOGUE)).table
    assert table.sort("ticker", "date").equals(whole.sort("ticker", "date"))


@every_feature
def test_a_ticker_does_not_see_the_others_unless_its_scope_is_the_date(name, whole):
    alone = build_features(PRICES.filter(pl.col("ticker") == "CHAR"), (name,)).table
    beside = whole.filter(pl.col("ticker") == "CHAR")
    assert alone[name].equals(beside[name]) != compares_tickers(name)


def test_a_listing_that_comes_late_leaves_the_others_rows_before_it_equal():
    day = SESSIONS[500]
    late = PRICES.filter((pl.col("ticker") != "ALFA") | (pl.col("date") > day))
    table = build_features(late, tuple(CATALOGUE)).table
    without = build_features(PRICES.filter(pl.col("ticker") != "ALFA"), tuple(CATALOGUE)).table
    assert_equal_until(day, table, without)


def test_constant_prices_give_no_infinite_value():
    still = PRICES.filter(pl.col("ticker") == "ALFA").with_columns(
        *(pl.lit(10.0).alias(name) for name in BARS[:4]), volume=pl.lit(0.0)
    )
    table = build_features(still, tuple(CATALOGUE)).table.tail(200)
    assert all(table[name].drop_nulls().is_finite().all() for name in CATALOGUE)
    assert all(table[name].null_count() == 0 for name in CATALOGUE)


def test_what_needs_a_missing_column_is_left_out_and_said():
    closes = PRICES.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("open", "high", "low", "volume")
    )
    built = build_features(closes, tuple(CATALOGUE))
    assert set(built.left_out) == {
        name
        for name in CATALOGUE
        if any({"open", "high", "low", "volume"} & set(CATALOGUE[need].needs) for need in needs_of(name))
    }
    assert set(built.names) | set(built.left_out) == set(CATALOGUE)


def assert_equal_until(date, table: pl.DataFrame, other: pl.DataFrame) -> None:
    """Equal in every bit up to the date; says which feature is not."""
    ours, theirs = (one.filter(pl.col("date") <= date).sort("ticker", "date") for one in (table, other))
    assert ours["ticker"].equals(theirs["ticker"])
    assert [name for name in CATALOGUE if not ours[name].equals(theirs[name])] == []
