"""What every feature must keep, whichever is added to a group: past only, short memory, one ticker at a time, no unit.

One build serves all features: a failure names those that break the rule.
"""

import numpy as np
import polars as pl
import pytest

from ml_core.features.declaration import whole_history
from ml_core.features.regimes import REGIME_FEATURES, Regimes, State
from ml_core.features.table import build_features, known_features, parts
from tests.features.tables import build_known
from tests.market import simulate_prices

SERIES = "context_vix"
CATALOGUE = {name: feature for name, (_, feature) in known_features((SERIES,)).items()}
KNOWN = parts() | CATALOGUE
NAMES = tuple(CATALOGUE)
REGIMES = Regimes(
    calm=State(mean=0.0005, deviation=0.003, stay=0.98),
    turbulent=State(mean=-0.0005, deviation=0.007, stay=0.95),
)
BARS = ("open", "high", "low", "close", "volume")
SECTORS = {"ALFA": "metal", "BRAV": "metal", "CHAR": "metal", "DELT": "grain", "ECHO": "grain"}
PRICES = simulate_prices(tickers=6, sessions=1400).with_columns(
    sector=pl.col("ticker").replace_strict(SECTORS, default=None),
    **{SERIES: 20 + 5 * (pl.col("date").dt.ordinal_day() * pl.col("date").dt.day()).sin()},
)
SESSIONS = PRICES["date"].unique().sort()


def build(prices: pl.DataFrame, names: tuple[str, ...] = NAMES) -> pl.DataFrame:
    return build_known(prices, names, REGIMES)


def compares_tickers(name: str) -> bool:
    feature = KNOWN.get(name)
    return feature is not None and (feature.compares or any(compares_tickers(need) for need in feature.needs))


def columns_of(name: str) -> set[str]:
    """The columns of the prices that a feature is made of."""
    return set().union(*map(columns_of, KNOWN[name].needs)) if name in KNOWN else {name}


@pytest.fixture(scope="module")
def whole() -> pl.DataFrame:
    """Every feature on the whole market."""
    return build(PRICES)


def test_there_are_many_features_in_many_groups_each_with_a_line_about_it():
    groups = [group for group, _ in known_features((SERIES,)).values()]
    assert len(groups) >= 150
    assert len(set(groups)) >= 8
    assert [name for name in NAMES if not CATALOGUE[name].about] == []
    assert not set(parts()) & set(CATALOGUE)


def test_what_compares_tickers_is_made_of_features_not_of_parts():
    assert [
        name for name in NAMES if CATALOGUE[name].compares and set(CATALOGUE[name].needs) & set(parts())
    ] == []


def test_every_feature_is_built_as_float32_and_by_its_name(whole):
    assert whole.columns == ["ticker", "date", *NAMES]
    assert set(whole.select(NAMES).dtypes) == {pl.Float32}
    assert whole.height == PRICES.height


def test_each_is_finite_once_its_history_is_there(whole):
    row = whole.select(pl.int_range(pl.len()).over("ticker")).to_series().to_numpy()
    for name in NAMES:
        later = whole[name].filter(pl.Series(row >= whole_history(name, KNOWN)))
        assert later.is_finite().all(), name
        assert later.null_count() == 0, name
        assert later.n_unique() > 2, name


def test_no_feature_waits_longer_than_half_a_year(whole):
    """The slowest decides how much of every history is lost, because a window wants all of them."""
    late = whole.with_columns(row=pl.int_range(pl.len()).over("ticker")).filter(pl.col("row") > 121)
    assert [name for name in NAMES if late[name].null_count()] == []


@pytest.mark.parametrize("last", [700, 1399])
def test_its_own_row_and_its_declared_history_suffice(whole, last):
    full = whole.filter(pl.col("date") == SESSIONS[last])
    histories = {name: whole_history(name, KNOWN) for name in NAMES}
    for history in sorted(set(histories.values())):
        names = tuple(name for name in NAMES if histories[name] == history)
        recent = PRICES.filter(pl.col("date").is_between(SESSIONS[last - history], SESSIONS[last]))
        short = build(recent, names).filter(pl.col("date") == SESSIONS[last])
        for name in names:
            assert_close(short[name], full[name], name, scale=whole[name].std())


def test_changing_the_future_changes_no_bit_of_any_feature_before_it(whole):
    cut = SESSIONS[900]
    later = pl.col("date") > cut
    rng = np.random.default_rng(0)
    moved = PRICES.with_columns(
        pl.when(later).then(pl.col(name) * rng.uniform(0.2, 5, PRICES.height)).otherwise(pl.col(name))
        for name in (*BARS, SERIES)
    )
    assert_equal_until(cut, build(moved), whole)


@pytest.mark.parametrize("session", [5, 64, 333, 900])
def test_dropping_the_future_changes_no_bit_of_any_feature_before_it(whole, session):
    cut = SESSIONS[session]
    known = PRICES.filter(pl.col("date") <= cut)
    assert_equal_until(cut, build(known), whole)


def test_the_order_of_rows_and_other_columns_change_nothing(whole):
    shuffled = PRICES.sample(fraction=1.0, shuffle=True, seed=1).with_columns(note=pl.lit("a"))
    assert build(shuffled).equals(whole)


def test_a_ticker_does_not_see_the_others_unless_its_scope_says_so(whole):
    alone = build(PRICES.filter(pl.col("ticker") == "CHAR"))
    beside = whole.filter(pl.col("ticker") == "CHAR")
    for name in NAMES:
        assert alone[name].equals(beside[name]) != compares_tickers(name), name


def test_a_feature_has_the_same_bits_whichever_others_are_asked_for(whole):
    for names in (NAMES[::7], ("relative_drift_20", "shock"), ("macd_gap",), ("breadth_200",)):
        assert build(PRICES, names).equals(whole.select("ticker", "date", *names))


def test_a_listing_that_comes_late_leaves_the_others_rows_before_it_equal():
    day = SESSIONS[500]
    late = PRICES.filter((pl.col("ticker") != "ALFA") | (pl.col("date") > day))
    table = build(late)
    without = build(PRICES.filter(pl.col("ticker") != "ALFA"))
    assert_equal_until(day, table, without)


@pytest.mark.parametrize("unit", [1e4, 1e-3])
def test_the_unit_of_prices_changes_nothing(whole, unit):
    scaled = PRICES.with_columns(pl.col(name) * unit for name in BARS[:4])
    table = build(scaled)
    for name in NAMES:
        assert_close(table[name], whole[name], name, scale=whole[name].std())


@pytest.mark.parametrize("unit", [1.0, 1e4, 1e-3])
def test_prices_held_in_single_precision_give_nearly_the_same(whole, unit):
    """Rounding a price moves it by up to 6e-8 of itself; no feature may blow that up beyond 1e-3 of its spread."""
    single = PRICES.with_columns((pl.col(name) * unit).cast(pl.Float32) for name in BARS[:4])
    table = build(single)
    for name in NAMES:
        assert_near(table[name], whole[name], name, within=1e-3 * float(whole[name].std()))


def test_constant_prices_give_no_infinite_value():
    still = PRICES.filter(pl.col("ticker") == "ALFA").with_columns(
        *(pl.lit(10.0).alias(name) for name in BARS[:4]), volume=pl.lit(0.0)
    )
    table = build(still).tail(200)
    assert [name for name in NAMES if not table[name].is_finite().all() or table[name].null_count()] == []


def test_one_missing_bar_value_is_forgotten_after_its_window():
    gap = pl.when((pl.col("date") == SESSIONS[700]) & (pl.col("ticker") == "BRAV")).then(None)
    holed = PRICES.with_columns(
        gap.otherwise(pl.col(name)).alias(name) for name in ("open", "high", "low", "volume")
    )
    late = build(holed).filter(pl.col("date") > SESSIONS[830])
    assert [name for name in NAMES if late[name].null_count()] == []


def test_what_needs_a_missing_column_is_left_out_and_said():
    plain = tuple(name for name in NAMES if name not in REGIME_FEATURES)
    closes = PRICES.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("open", "high", "low", "volume")
    )
    built = build_features(closes.drop("sector"), plain)
    lacking = {"open", "high", "low", "volume", "sector"}
    assert set(built.left_out) == {name for name in plain if columns_of(name) & lacking}
    assert set(built.names) | set(built.left_out) == set(plain)


def assert_close(given: pl.Series, expected: pl.Series, name: str, *, scale) -> None:
    np.testing.assert_allclose(
        given.to_numpy(), expected.to_numpy(), rtol=1e-5, atol=1e-5 * float(scale), err_msg=name
    )


def assert_near(given: pl.Series, expected: pl.Series, name: str, *, within: float) -> None:
    """All but one value in a hundred: a comparison of two nearly equal prices may turn either way."""
    assert given.is_null().equals(expected.is_null()), name
    apart = np.abs(given.to_numpy() - expected.to_numpy())
    assert np.mean(apart[np.isfinite(apart)] <= within) > 0.99, name


def assert_equal_until(date, table: pl.DataFrame, other: pl.DataFrame) -> None:
    """Equal in every bit up to the date; says which feature is not."""
    ours, theirs = (one.filter(pl.col("date") <= date) for one in (table, other))
    assert ours["ticker"].equals(theirs["ticker"])
    assert [name for name in NAMES if not ours[name].equals(theirs[name])] == []
