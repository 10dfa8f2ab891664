"""The gate asks every question, answers each with a reason, and lets no lucky noise through."""

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.evaluation.leakage import Finding
from ml_core.evaluation.scores import score
from ml_core.frames import SCORED, conform
from ml_core.promotion import gate
from ml_core.spec.experiment import Gate

RULES = Gate(overfitting=0.5)
LUCK = gate.Luck(trials=8, sharpe=0.2, deflated=0.99, overfitting=0.1)
FIRST = {"ticker": "ALFA", "as_of": dt.date(2024, 1, 4)}
FINDING = Finding("changed", dt.date(2024, 1, 5), "mean", 3, FIRST, 0.1)


def scored(*, skill: float, width: float = 1.645, seed: int = 0, bias: float = 0.0) -> pl.DataFrame:
    """SCORED rows whose forecast explains `skill` of the outcome's variance."""
    rng = np.random.default_rng(seed)
    sessions, tickers = 160, 8
    known, noise = rng.normal(0, 0.01, (2, sessions * tickers))
    realized = np.sqrt(skill) * known + np.sqrt(1 - skill) * noise
    mean = (np.sqrt(skill) * known if skill else 0.3 * rng.normal(0, 0.01, sessions * tickers)) + bias
    reach = width * 0.01 * np.sqrt(1 - skill)
    return conform(
        pl.DataFrame(
            {
                "ticker": [f"T{number}" for number in range(tickers)] * sessions,
                "as_of": np.repeat(np.datetime64("2024-01-01") + np.arange(sessions), tickers),
                "horizon": 1, "mean": mean, "lower": mean - reach, "upper": mean + reach, "scale": reach,
                "realized": realized, "fold": 0, "split": "holdout",
            }
        ),
        SCORED,
        "scored",
    )  # fmt: skip


def scores_of(rows: pl.DataFrame) -> pl.DataFrame:
    plain = rows.select("ticker", "as_of", "horizon", mean=pl.lit(0.0))
    last = plain.with_columns(mean=pl.Series(np.random.default_rng(9).normal(0, 0.01, plain.height)))
    return score(rows, {"zero": plain, "mean": plain.with_columns(mean=pl.lit(1e-4)), "last": last})


GOOD = scored(skill=0.1)
GOOD_SCORES = scores_of(GOOD)


def verdict(rules: Gate = RULES, scores: pl.DataFrame = GOOD_SCORES, **changed) -> dict[str, gate.Check]:
    given = {"luck": LUCK, "findings": [], "against_champion": {"skill_champion": 0.02, "p_champion": 0.001}}
    checks = gate.judge_candidate(rules, scores, horizon=1, **{**given, **changed})
    assert gate.as_evidence(checks).passed == all(check.passed for check in checks)
    assert all(check.why and check.required for check in checks)
    return {check.name: check for check in checks}


def refused(checks: dict[str, gate.Check]) -> list[str]:
    return [name for name, check in checks.items() if not check.passed]


def test_a_candidate_that_shows_everything_passes():
    checks = verdict()
    assert refused(checks) == []
    assert list(checks) == [
        "better than zero", "better than mean", "better than last", "better than champion",
        "interval coverage", "leak audit", "deflated Sharpe", "probability of overfitting",
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_pure_noise_is_refused_and_told_why(seed):
    noise = scores_of(scored(skill=0.0, seed=seed))
    streams = pl.DataFrame(np.random.default_rng(seed).normal(0, 0.01, (160, 12)))
    best = sorted(streams.columns, key=lambda name: -streams[name].mean() / streams[name].std())
    checks = verdict(
        scores=noise, luck=gate.weigh_luck(streams.select(best), tried=12), against_champion=None
    )
    assert {"better than zero", "better than mean", "deflated Sharpe"} <= set(refused(checks))
    assert "% larger than zero's" in checks["better than zero"].why
    assert "best of 12 trials" in checks["deflated Sharpe"].why


@pytest.mark.parametrize(
    ("alone", "changed"),
    [
        ("better than champion", {"against_champion": {"skill_champion": -0.01, "p_champion": 0.9}}),
        ("better than champion", {"against_champion": {"skill_champion": 0.01, "p_champion": 0.2}}),
        ("interval coverage", {"scores": scores_of(scored(skill=0.1, width=1.0))}),
        ("interval coverage", {"scores": scores_of(scored(skill=0.1, width=4.0))}),
        ("leak audit", {"findings": [FINDING]}),
        ("deflated Sharpe", {"luck": dataclasses.replace(LUCK, deflated=0.5)}),
        ("deflated Sharpe", {"luck": dataclasses.replace(LUCK, deflated=float("nan"))}),
        ("probability of overfitting", {"luck": dataclasses.replace(LUCK, overfitting=0.9)}),
        ("probability of overfitting", {"luck": dataclasses.replace(LUCK, overfitting=None)}),
    ],
)
def test_each_check_can_fail_alone(alone, changed):
    assert refused(verdict(**changed)) == [alone]


@pytest.mark.parametrize("name", ["zero", "mean", "last"])
def test_a_baseline_that_is_as_good_refuses_alone(name):
    rows = GOOD.select("ticker", "as_of", "horizon")
    worse = {other: rows.with_columns(mean=pl.lit(0.02)) for other in ("zero", "mean", "last")}
    same = GOOD.select("ticker", "as_of", "horizon", "mean")
    checks = verdict(scores=score(GOOD, {**worse, name: same}))
    assert refused(checks) == [f"better than {name}"]


def test_a_baseline_that_was_not_scored_cannot_be_beaten():
    check = verdict(Gate(beat=("zero", "moon")))["better than moon"]
    assert not check.passed
    assert check.why == "moon was not scored"


def test_the_finding_of_the_audit_is_told():
    told = verdict(findings=[FINDING])["leak audit"].why
    assert told == "mean up to 2024-01-05 changes when later rows are changed: 3 rows, first ALFA 2024-01-04"


def test_a_search_without_streams_is_not_asked_about_luck_and_a_first_model_not_about_a_champion():
    checks = verdict(luck=None, against_champion=None)
    assert set(checks) == {
        "better than zero", "better than mean", "better than last", "interval coverage", "leak audit",
    }  # fmt: skip


def test_the_more_trials_the_same_stream_was_the_best_of_the_less_it_is_worth():
    rng = np.random.default_rng(0)
    returns = rng.normal(0, 0.01, (250, 10))
    returns[:, 0] += 0.0015
    streams = pl.DataFrame(returns)
    few, many = (gate.weigh_luck(streams, tried=tried) for tried in (10, 1000))
    assert few.sharpe == many.sharpe
    assert many.deflated < few.deflated
    alone = gate.weigh_luck(streams.select(pl.nth(0)), tried=1)
    assert few.deflated < alone.deflated
    assert alone.overfitting is None


def test_the_champion_is_compared_on_the_rows_both_can_answer():
    better = gate.compare(GOOD, scored(skill=0.0), horizon=1)
    assert better["skill_champion"] > 0.05
    assert better["p_champion"] < 0.05
    some = GOOD.filter(pl.col("ticker") != "T3")
    equal = gate.compare(GOOD, some, horizon=1)
    assert abs(equal["skill_champion"]) < 1e-9


def test_every_further_look_at_the_same_holdout_needs_a_smaller_p():
    scores = GOOD_SCORES.with_columns(p_zero=pl.lit(0.02))
    assert verdict(scores=scores)["better than zero"].passed
    second = verdict(scores=scores, looks=3)["better than zero"]
    assert not second.passed
    assert second.required == "p < 0.0167 at look 3 on this holdout"


def test_a_baseline_that_won_must_beat_the_others_and_zero_but_not_its_own_name():
    same = score(
        GOOD, {name: GOOD.select("ticker", "as_of", "horizon", "mean") for name in ("zero", "ridge")}
    )
    checks = verdict(Gate(beat=("ridge",)), GOOD_SCORES, family="ridge")
    assert checks["better than zero"].passed
    assert checks["better than ridge"].required == "not asked"
    assert "ridge itself" in checks["better than ridge"].why
    assert refused(verdict(Gate(beat=("ridge",)), same, family="ridge")) == ["better than zero"]
    assert refused(verdict(Gate(beat=("ridge",)), same, family="lstm")) == ["better than ridge"]


def test_an_equal_forecast_is_no_better_at_even_odds_and_zero_never_beats_itself():
    zero = GOOD.with_columns(mean=pl.lit(0.0))
    check = verdict(Gate(beat=("zero",)), scores_of(zero), family="zero")["better than zero"]
    assert check.value == 0.5
    assert not check.passed
