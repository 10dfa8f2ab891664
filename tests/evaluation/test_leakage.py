"""Each way that projects like ours have leaked is planted here, and must be caught by name."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from ml_core.errors import InvalidData, NotEnoughData
from ml_core.evaluation.leakage import ColumnLeak, audit, audit_stages, choose_dates
from tests.portfolio.market import random_market

PRICES = random_market(sessions=60, tickers=6, seed=0)
DATES = [dt.date(2020, 1, 21), dt.date(2020, 2, 10)]
RETURN = pl.col("close").log().diff().over("ticker")


def table(prices: pl.DataFrame, value: pl.Expr, name: str = "value") -> pl.DataFrame:
    ordered = prices.sort("ticker", "date").with_columns(r=RETURN)
    return ordered.select("ticker", "date", value.alias(name))


def past_only(prices: pl.DataFrame) -> pl.DataFrame:
    mean = pl.col("r").rolling_mean(5).over("ticker")
    return table(prices, mean - mean.mean().over("date"))


def back_filled(prices: pl.DataFrame) -> pl.DataFrame:
    return table(prices, pl.col("r").rolling_mean(5).backward_fill().over("ticker"))


def centred_window(prices: pl.DataFrame) -> pl.DataFrame:
    return table(prices, pl.col("r").rolling_mean(5, center=True).over("ticker"))


def full_sample_scaler(prices: pl.DataFrame) -> pl.DataFrame:
    return table(prices, ((pl.col("r") - pl.col("r").mean()) / pl.col("r").std()).over("ticker"))


def full_sample_quantile_gate(prices: pl.DataFrame) -> pl.DataFrame:
    signal = pl.col("r").rolling_mean(5).over("ticker")
    return table(
        prices, pl.when(signal.abs() > signal.abs().quantile(0.8)).then(signal.sign()).otherwise(0.0)
    )


def feature_chosen_on_all_rows(prices: pl.DataFrame) -> pl.DataFrame:
    built = table(prices, pl.col("r")).rename({"value": "one"}).with_columns(
        two=pl.col("one").rolling_mean(3).over("ticker"), target=pl.col("one").shift(-1).over("ticker")
    )  # fmt: skip
    strength = built.select(pl.corr(name, "target").abs().alias(name) for name in ("one", "two")).row(0)
    weight = strength[0] / sum(strength)
    return built.select("ticker", "date", value=weight * pl.col("one") + (1 - weight) * pl.col("two"))


def tomorrow(prices: pl.DataFrame) -> pl.DataFrame:
    return table(prices, pl.col("r").shift(-1).over("ticker"))


def split_by_row(prices: pl.DataFrame) -> pl.DataFrame:
    """A stacked panel cut at 70 % of its rows: whole later tickers teach about the same dates."""
    built = table(prices, pl.col("r"))
    train = built.head(int(built.height * 0.7))
    return built.with_columns(pl.col("value") - train["value"].mean())


def smoothed_regime(prices: pl.DataFrame) -> pl.DataFrame:
    """Two-sided smoothing instead of filtering: forward, then backward over the same series."""
    forward = pl.col("r").abs().fill_null(0.0).ewm_mean(span=10).over("ticker")
    built = table(prices, forward).sort("date", descending=True)
    return built.with_columns(pl.col("value").ewm_mean(span=10).over("ticker")).sort("ticker", "date")


def taken_in_the_order_given(prices: pl.DataFrame) -> pl.DataFrame:
    return prices.select("ticker", "date", value=pl.col("close").cum_sum())


LEAKS = [
    back_filled, centred_window, full_sample_scaler, full_sample_quantile_gate, feature_chosen_on_all_rows,
    tomorrow, split_by_row, smoothed_regime,
]  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_planted_leak_is_caught_and_named(leak: Callable[[pl.DataFrame], pl.DataFrame]):
    dates = choose_dates(PRICES, count=3, seed=1)
    found = audit(leak, PRICES, as_of=dates, seed=1)
    assert "value" in {finding.column for finding in found}
    assert {finding.as_of for finding in found} & set(dates)
    assert "changes when" in str(found[0])


def test_only_the_leaking_column_is_named():
    def build(prices: pl.DataFrame) -> pl.DataFrame:
        good, bad = past_only(prices).rename({"value": "good"}), tomorrow(prices).rename({"value": "bad"})
        return good.join(bad, on=["ticker", "date"])

    found = audit(build, PRICES, as_of=DATES, seed=1)
    assert {finding.column for finding in found} == {"bad"}
    assert all(finding.largest > 0 or np.isnan(finding.largest) for finding in found)


def test_a_finding_names_stage_ticker_date_and_column():
    def build(tables, _until):
        return {"honest": past_only(tables["prices"]), "features": tomorrow(tables["prices"])}

    found = audit_stages(build, {"prices": PRICES}, as_of=DATES, seed=1)
    assert {one.stage for one in found.findings} == {"features"}
    changed = next(one for one in found.findings if one.change == "changed")
    assert changed.column == "value"
    assert changed.first == {"date": DATES[0], "ticker": "A"}
    told = str(changed)
    for part in ("features", "value", str(DATES[0]), " A"):
        assert part in told


def test_what_was_compared_is_counted_by_stage_and_change():
    found = audit_stages(
        lambda tables, _: {"features": past_only(tables["prices"])}, {"prices": PRICES}, as_of=DATES, seed=1
    )
    counts = {row["change"]: row for row in found.counts()}
    assert set(counts) == {"repeated", "shuffled", "changed", "truncated", "delisted", "listed"}
    known = [PRICES.filter(pl.col("date") <= date).height for date in DATES]
    assert counts["repeated"]["rows"] == PRICES.height
    assert counts["changed"]["rows"] == sum(known)
    assert counts["changed"]["dates"] == 2
    assert all(row["columns"] == 1 and row["findings"] == 0 for row in counts.values())


def test_a_stage_that_is_missing_under_a_change_is_a_finding():
    def build(tables, _until):
        whole = tables["prices"].height == PRICES.height
        return {"features": past_only(tables["prices"])} if whole else {}

    found = audit_stages(build, {"prices": PRICES}, as_of=DATES[:1], seed=1).findings
    assert ("truncated", "rows") in {(one.change, one.column) for one in found}


def test_tables_beside_the_prices_are_changed_after_the_date_too():
    facts = PRICES.filter(ticker="A").select("date", name=pl.lit("rate"), value=pl.col("close"))

    def too_early(tables, _until):
        told = tables["facts"].sort("date").with_columns(pl.col("value").shift(-1))
        return {
            "context": tables["prices"].join(told, on="date", how="left").select("ticker", "date", "value")
        }

    found = audit_stages(too_early, {"prices": PRICES, "facts": facts}, as_of=DATES[:1], seed=1).findings
    assert {"changed", "truncated"} <= {one.change for one in found}
    assert all(isinstance(one, ColumnLeak) and one.stage == "context" for one in found)


def test_what_is_only_known_later_is_compared_from_then_on():
    def build(tables, _until):
        ordered = tables["prices"].sort("ticker", "date")
        target = RETURN.shift(-1).over("ticker")
        known = pl.col("date").shift(-1).over("ticker")
        return {
            "targets": ordered.select(known=known, ticker="ticker", date="date", value=target).drop_nulls()
        }

    assert audit_stages(build, {"prices": PRICES}, as_of=DATES, seed=1, listings=False).findings == ()


def test_what_knows_only_the_past_passes():
    assert audit(past_only, PRICES, as_of=choose_dates(PRICES, count=6, seed=2), seed=2) == []


def test_the_order_of_rows_must_not_matter():
    found = audit(taken_in_the_order_given, PRICES, as_of=DATES[:1], seed=1)
    assert "shuffled" in {finding.change for finding in found}
    assert "with the order of rows" in str(next(one for one in found if one.change == "shuffled"))


def test_a_function_that_rolls_dice_is_caught():
    dice = np.random.default_rng(0)
    found = audit(lambda prices: table(prices, pl.lit(dice.random())), PRICES, as_of=DATES[:1], seed=1)
    assert found[0].change == "repeated"


def test_a_universe_chosen_by_who_survives_is_caught():
    def survivors(prices: pl.DataFrame) -> pl.DataFrame:
        alive = prices.filter(pl.col("date") == pl.col("date").max())["ticker"]
        return table(prices, pl.col("r")).filter(pl.col("ticker").is_in(alive.implode()))

    found = audit(survivors, PRICES, as_of=DATES, seed=1)
    assert ("delisted", "rows") in {(finding.change, finding.column) for finding in found}


def test_a_rank_among_all_tickers_ever_listed_is_caught():
    def among_all(prices: pl.DataFrame) -> pl.DataFrame:
        count = prices["ticker"].n_unique()
        return table(prices, pl.col("r").rank().over("date") / count)

    changes = {finding.change for finding in audit(among_all, PRICES, as_of=DATES, seed=1)}
    assert changes == {"listed"}
    assert audit(among_all, PRICES, as_of=DATES, seed=1, listings=False) == []


def test_a_last_bit_is_enough():
    def nearly(prices: pl.DataFrame) -> pl.DataFrame:
        return table(prices, pl.col("close") * (1 + 1e-16 * prices.height))

    found = audit(nearly, PRICES, as_of=DATES[:1], seed=1)
    assert found
    assert 0 < min(one.largest for one in found) < 1e-11


def test_context_columns_are_changed_too():
    prices = PRICES.with_columns(vix=pl.col("close") * 0.1)

    def next_vix(some: pl.DataFrame) -> pl.DataFrame:
        return table(some.with_columns(close=pl.col("vix").shift(-1).over("ticker")), pl.col("close"))

    found = audit(next_vix, prices.sort("ticker", "date"), as_of=DATES[:1], seed=1, context=["vix"])
    assert "changed" in {finding.change for finding in found}


def test_changed_bars_are_still_bars():
    seen = []

    def watch(prices: pl.DataFrame) -> pl.DataFrame:
        seen.append(prices)
        return past_only(prices)

    audit(watch, PRICES, as_of=DATES[:1], seed=1)
    for prices in seen:
        assert (prices["high"] >= prices.select(pl.max_horizontal("open", "close")).to_series()).all()
        assert (prices["low"] <= prices.select(pl.min_horizontal("open", "close")).to_series()).all()
        assert (
            prices.filter(pl.col("date") <= DATES[0])
            .sort("ticker", "date")
            .equals(PRICES.filter(pl.col("date") <= DATES[0]))
        )
    assert not seen[3].equals(seen[0])


def test_dates_are_chosen_by_seed_and_never_the_last():
    dates = choose_dates(PRICES, count=1000, seed=0)
    assert len(dates) >= 58
    assert dates[0] == PRICES["date"].min()
    assert PRICES["date"].max() not in dates
    assert choose_dates(PRICES, count=3, seed=5) == choose_dates(PRICES, count=3, seed=5)
    assert min(choose_dates(PRICES, count=9, seed=0, after=DATES[1])) > DATES[1]
    with pytest.raises(NotEnoughData):
        choose_dates(PRICES, count=3, seed=0, after=PRICES.select(pl.col("date").max()).item())


def test_a_table_without_a_date_is_refused():
    with pytest.raises(InvalidData, match="no date"):
        audit(lambda prices: prices.select("close"), PRICES, as_of=DATES, seed=0)
