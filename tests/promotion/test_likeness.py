"""A refit that says something else than its parent, nothing any more, or too narrow an interval is named, refused."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.claims.verdict import ClaimVerdict
from ml_core.evaluation.leakage import ColumnLeak
from ml_core.promotion.likeness import (
    compare,
    hand_on,
    hand_on_live,
    judge_refit,
    lay_beside_parent,
    says_another,
    trust_beside,
)
from ml_core.registry.noted import Noted
from ml_core.registry.refit import Refit
from ml_core.registry.verdict import Check
from ml_core.spec.experiment import Gate

DAY = dt.date(2024, 1, 5)
FINDING = ColumnLeak("changed", DAY, "mean", 3, {"ticker": "ALFA", "as_of": DAY}, 0.1)


def scored(*, rows: int = 400, seed: int = 0) -> pl.DataFrame:
    """What a parent said, two horizons of one ticker, and what came."""
    rng = np.random.default_rng(seed)
    mean = rng.normal(0, 0.002, rows)
    return pl.DataFrame(
        {
            "ticker": "ALFA",
            "as_of": np.repeat(np.datetime64("2022-01-03") + np.arange(rows // 2), 2),
            "horizon": np.tile(np.array([1, 5], dtype=np.int32), rows // 2),
            "mean": mean,
            "lower": mean - 0.0165,
            "upper": mean + 0.0165,
            "scale": 0.01,
            "realized": mean + rng.normal(0, 0.01, rows),
        }
    )


def judged(
    own: pl.DataFrame, *, proven=frozenset({("order", 5)}), findings=(), trusted=None
) -> dict[str, Check]:
    refit = beside_parent(own, trusted)
    found = judge_refit(Gate(), refit, proven, findings=list(findings))
    assert found.passed == all(check.passed for check in found.checks)
    return {check.name: check for check in found.checks}


def beside_parent(own: pl.DataFrame, trusted=None, former: Refit | None = None) -> Refit:
    beside = lay_beside_parent(scored(), own)
    return Refit(
        parent="3",
        judged="3",
        through=DAY,
        since=dt.date(2022, 1, 3),
        sessions=200,
        rows=beside.height,
        missing=beside["own_mean"].null_count(),
        compared=compare(beside, trusted, former),
    )


def refused(checks: dict[str, Check]) -> list[str]:
    return [name for name, check in checks.items() if not check.passed]


def squeeze(width: float) -> pl.DataFrame:
    middle = pl.col("mean")
    return scored().with_columns(
        lower=middle + width * (pl.col("lower") - middle), upper=middle + width * (pl.col("upper") - middle)
    )


def test_one_that_says_the_same_passes_and_is_told_how_near_it_is():
    checks = judged(scored().with_columns(pl.col("mean") * 1.1))
    assert refused(checks) == []
    assert checks["near its parent"].why.startswith("5 ahead the means") or checks[
        "near its parent"
    ].why.startswith("1 ahead the means")


def test_means_that_lie_far_from_the_parents_are_refused():
    assert refused(judged(scored().with_columns(pl.col("mean") + 0.02))) == ["near its parent"]


def test_intervals_of_another_size_are_refused():
    assert refused(judged(squeeze(2.5))) == ["near its parent"]
    assert "near its parent" in refused(judged(squeeze(0.3)))


def test_numbers_that_are_missing_are_refused_and_counted():
    gone = pl.when(pl.col("as_of") < dt.date(2022, 1, 5)).then(None).otherwise(pl.col("mean"))
    checks = judged(scored().with_columns(mean=gone))
    assert refused(checks) == ["near its parent"]
    assert checks["near its parent"].why == "it gives no number on 4 of 400 rows that version 3 answers"


def test_a_direction_that_was_proven_must_not_fall_silent():
    still = pl.when(pl.col("horizon") == 5).then(0.0).otherwise(pl.col("mean"))
    checks = judged(scored().with_columns(mean=still))
    assert refused(checks) == ["a direction as its parent's"]
    assert (
        checks["a direction as its parent's"].why
        == "5 ahead its means reach 0% as far as those of version 3 and agree with them by 0.00"
    )
    assert refused(judged(scored().with_columns(mean=still), proven=frozenset({("order", 1)}))) == []


def test_where_nothing_was_proven_some_direction_must_be_left():
    none = scored().with_columns(mean=pl.lit(0.0))
    assert refused(judged(none, proven=frozenset())) == ["a direction as its parent's"]


def test_intervals_that_hold_too_little_are_refused_even_where_they_are_hardly_narrower():
    checks = judged(squeeze(0.7))
    assert refused(checks) == ["coverage kept"]
    assert "those of version 3" in checks["coverage kept"].why


def test_what_knows_the_future_is_refused():
    assert refused(judged(scored(), findings=[FINDING])) == ["leak audit"]


def turned(by: float) -> pl.DataFrame:
    """The same intervals about means that were multiplied."""
    shift = pl.col("mean") * (by - 1)
    return scored().with_columns(pl.col(name) + shift for name in ("mean", "lower", "upper"))


def test_a_direction_that_was_proven_must_not_turn_round_nor_reach_much_farther():
    for by in (-1.0, -3.0, 3.0):
        assert "a direction as its parent's" in refused(judged(turned(by)))
    assert "agree with them by -1.00" in judged(turned(-1.0))["a direction as its parent's"].why
    assert judged(turned(1.8))["a direction as its parent's"].passed


def test_a_refit_that_more_evidence_trusts_more_may_reach_so_much_farther_and_no_more():
    more = trust_beside({1: 0.1, 5: 0.2, 20: 0.0}, {1: 0.1, 5: 0.8, 20: 0.5})
    assert more == {1: 1.0, 5: 4.0}
    small = scored().with_columns(pl.col("mean") / 100)  # so that no distance is large beside the scale
    beside = lay_beside_parent(small, small.with_columns(pl.col("mean") * 5))
    [one, five] = compare(beside, more)
    assert not says_another(five)
    assert says_another(one)
    assert says_another(compare(lay_beside_parent(small, small.with_columns(pl.col("mean") * 11)), more)[1])
    assert says_another(compare(lay_beside_parent(small, small.with_columns(pl.col("mean") * -4)), more)[1])
    assert judged(turned(3.0), trusted=more)["a direction as its parent's"].passed
    told = judged(turned(30.0), trusted=more)["a direction as its parent's"]
    assert "5 ahead" in told.why
    assert told.why.endswith("trusted 4.0 times as much")
    assert told.required == "agreement >= 0.5, 0.1 to 10 times as far: 2.5 times the trust in it"


def test_means_that_reach_much_farther_are_not_proven_by_those_that_were_judged_but_their_order_is():
    claims = [
        ClaimVerdict(name, ahead, standing, "of those", p=0.001, adjusted=0.004)
        for name, ahead, standing in (
            ("level", 1, "proven"),
            ("level", 5, "not asked"),
            ("order", 5, "proven"),
            ("range", 1, "unproven"),
        )
    ]
    assert hand_on(claims, beside_parent(turned(2.0))) == tuple(claims)
    level, *others = hand_on(claims, beside_parent(turned(3.3)))
    assert (level.claim, level.horizon, level.standing, level.adjusted) == ("level", 1, "unproven", None)
    assert "reach 3.3 times as far" in level.why and level.why.endswith("of those")
    assert others == claims[1:]


def test_how_far_means_reach_is_counted_from_those_that_were_judged_through_all_refits():
    level = [ClaimVerdict("level", 1, "proven", "of those", p=0.001, adjusted=0.004)]
    first = beside_parent(turned(2.0))
    assert hand_on(level, first) == tuple(level)
    second = beside_parent(turned(2.0), former=first)
    assert second.compared[0].spread == pytest.approx(2.0)
    (told,) = hand_on(level, second)
    assert not told.proven and "reach 4.0 times as far" in told.why


def test_what_was_proven_live_of_shorter_means_is_not_handed_on_and_what_was_refuted_is():
    live = {
        ("level", 1): Noted("proven", "2024-01-05", "it held"),
        ("level", 5): Noted("refuted", "2024-01-05", "it did not"),
        ("order", 1): Noted("proven", "2024-01-05", "it held"),
    }
    assert hand_on_live(live, beside_parent(turned(2.0))) == live
    assert set(hand_on_live(live, beside_parent(turned(3.3)))) == {("level", 5), ("order", 1)}


def test_a_direction_drawn_at_random_is_refused_where_one_was_proven():
    noise = scored().with_columns(pl.col("mean").shuffle(seed=1))
    assert refused(judged(noise)) == ["a direction as its parent's"]
    assert refused(judged(noise, proven=frozenset({("range", 1)}))) == []


def test_intervals_of_another_size_at_one_horizon_are_told_at_that_horizon():
    nearest, middle = pl.col("horizon") == 1, pl.col("mean")
    wide = scored().with_columns(
        pl.when(nearest).then(middle + 3 * (pl.col(name) - middle)).otherwise(name).alias(name)
        for name in ("lower", "upper")
    )
    told = judged(wide)["near its parent"]
    assert not told.passed
    assert told.why.startswith("1 ahead") and "3.00 times as wide" in told.why
