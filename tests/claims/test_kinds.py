"""What single claims promise beyond what all keep."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ml_core.claims.case import Case
from ml_core.claims.judge import judge_claims
from ml_core.errors import InvalidData
from ml_core.evaluation.metrics import crps, mse, rank_ic
from tests.claims.cases import make_case

CASE = make_case()


def verdict(case: Case, claim: str, horizon: int = 1):
    return next(one for one in judge_claims(case, [claim]) if one.horizon == horizon)


def test_differences_are_those_of_the_metrics_where_dates_are_alike_in_size():
    own = CASE.scored.filter(horizon=1)
    rival = own.with_columns(CASE.rivals["garch"].filter(horizon=1).select("mean", "scale"))
    for claim, metric in (("level", mse), ("range", crps)):
        names = {"level": "zero", "range": "garch"}
        (found,) = [one for one in verdict(CASE, claim).rivals if one.rival == names[claim]]
        assert found.difference == pytest.approx(1 - metric(own) / metric(rival))
    (none,) = [one for one in verdict(CASE, "order").rivals if one.rival == "no order"]
    assert none.difference == pytest.approx(rank_ic(own))


def test_an_order_needs_five_tickers_and_a_constant_forecast_has_none():
    few = verdict(make_case(tickers=4), "order")
    assert (few.standing, "needs 5" in few.why) == ("not asked", True)
    flat = replace(CASE, scored=CASE.scored.with_columns(mean=pl.lit(0.001)))
    found = verdict(flat, "order")
    assert found.standing == "unproven"
    assert found.rivals[0].difference == 0.0
    assert found.rivals[0].p == 0.5


def test_a_range_that_does_not_hold_is_not_proven_however_sharp():
    narrow = CASE.scored.with_columns(
        lower=pl.col("mean") - pl.col("scale"), upper=pl.col("mean") + pl.col("scale")
    )
    found = verdict(replace(CASE, scored=narrow), "range")
    assert found.adjusted is not None
    assert found.adjusted < 0.05
    assert found.standing == "unproven"
    assert "coverage 6" in found.why
    assert "expected 90% ± 5%" in found.why


def test_a_range_must_hold_in_each_state_that_was_seen_often_enough():
    assert CASE.volatility is not None
    assert [one.name for one in verdict(CASE, "range").conditions] == [
        "coverage", "coverage, calm", "coverage, middle", "coverage, wild",
    ]  # fmt: skip
    wild = CASE.volatility["volatility"] == "wild"
    width = pl.when(pl.lit(wild)).then(0.4).otherwise(1.3)
    bent = CASE.scored.filter(horizon=1).with_columns(
        lower=pl.col("mean") + width * (pl.col("lower") - pl.col("mean")),
        upper=pl.col("mean") + width * (pl.col("upper") - pl.col("mean")),
    )
    rivals = {name: table.filter(horizon=1) for name, table in CASE.rivals.items()}
    found = verdict(replace(CASE, scored=bent, rivals=rivals, accounts={}), "range")
    assert {one.name: one.met for one in found.conditions}["coverage, wild"] is False
    assert found.standing == "unproven"
    early = CASE.volatility["as_of"] < CASE.volatility["as_of"].min() + pl.duration(days=9)
    rare = pl.when(early).then(pl.lit("wild")).otherwise(pl.lit("calm"))
    seldom = verdict(replace(CASE, volatility=CASE.volatility.with_columns(volatility=rare)), "range")
    assert "coverage, wild" not in [one.name for one in seldom.conditions]


def test_rows_without_a_state_are_refused_and_a_range_without_a_scale_is_not_asked():
    assert CASE.volatility is not None
    with pytest.raises(InvalidData, match="volatility has no state"):
        judge_claims(replace(CASE, volatility=CASE.volatility.head(9)), ["range"])
    bare = {**CASE.rivals, "garch": CASE.rivals["garch"].drop("scale", "lower", "upper")}
    untold = verdict(replace(CASE, rivals=bare), "range")
    assert (untold.standing, untold.why) == ("not asked", "rival garch lacks a finite scale on some rows")
    mute = CASE.scored.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("scale", "lower", "upper")
    )
    assert verdict(replace(CASE, scored=mute), "range").standing == "not asked"


def test_money_does_not_depend_on_how_much_is_risked():
    half = pl.when(pl.col("account") == "strategy").then(pl.col("net") / 2).otherwise("net")
    less = replace(CASE, accounts={1: CASE.accounts[1].with_columns(net=half)})
    one, other = verdict(CASE, "money"), verdict(less, "money")
    assert other.p == pytest.approx(one.p)
    assert other.rivals[1].difference == pytest.approx(
        one.rivals[1].difference / 2
    )  # a year, at its own volatility


def test_the_more_were_tried_the_more_luck_gives():
    told = [
        verdict(replace(make_case(noise=0.3), trials=trials), "money").rivals[0] for trials in (1, 20, 1000)
    ]
    assert [one.p for one in told] == sorted(one.p for one in told)
    assert [one.difference for one in told] == sorted((one.difference for one in told), reverse=True)
    assert "luck gives 0.00 to the best of 1 independent trials" in told[0].told


def test_an_account_that_never_moved_proves_nothing():
    idle = pl.when(pl.col("account") == "strategy").then(0.0).otherwise("net")
    found = verdict(replace(CASE, accounts={1: CASE.accounts[1].with_columns(net=idle)}), "money")
    assert found.standing == "unproven"
    assert found.rivals[0].p == 0.5
    assert np.isfinite([value for one in found.rivals for value in (one.difference, one.low, one.high)]).all()


def test_where_nothing_was_traded_money_is_not_asked():
    assert verdict(replace(CASE, accounts={}), "money").why == "no strategy was traded at this horizon"
