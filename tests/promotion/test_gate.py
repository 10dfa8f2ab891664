"""The gate asks every question, answers each with a reason, and lets nobody in who has proven nothing."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.claims.verdict import ClaimVerdict, Match
from ml_core.evaluation.leakage import ColumnLeak
from ml_core.promotion import gate
from ml_core.promotion.earlier import EarlierCandidate, tell_easier
from ml_core.promotion.sitter import Sitter
from ml_core.registry.verdict import Check
from ml_core.spec.experiment import Gate

FIRST = {"ticker": "ALFA", "as_of": dt.date(2024, 1, 4)}
FINDING = ColumnLeak("changed", dt.date(2024, 1, 5), "mean", 3, FIRST, 0.1)


def claim(name: str, horizon: int, p: float, *, proven: bool) -> ClaimVerdict:
    standing = "proven" if proven else "unproven"
    return ClaimVerdict(name, horizon, standing, f"{name} is {standing}", p / 2, p, 250)


PROVEN = (
    claim("level", 1, 0.2, proven=False),
    claim("order", 1, 0.001, proven=True),
    claim("order", 5, 0.004, proven=True),
    claim("range", 1, 0.01, proven=True),
    ClaimVerdict("money", 1, "not asked", "no strategy was traded at this horizon"),
)
NOTHING = tuple(claim(one.claim, one.horizon, 0.3, proven=False) for one in PROVEN[:4])


def sitter(*proven: tuple[str, int], better: str = "", worse: str = "") -> Sitter:
    matches = [Match(name, 1, outcome, f"{name} 1 ahead surely {outcome}") for outcome, name in
               (("better", better), ("worse", worse)) if name]  # fmt: skip
    return Sitter("3", "champion", frozenset(proven), tuple(matches))


def verdict(claims=PROVEN, rules: Gate | None = None, **changed) -> dict[str, Check]:
    found = gate.judge_candidate(rules or Gate(), claims, **{"findings": [], **changed})
    assert found.passed == all(check.passed for check in found.checks)
    assert all(check.why and check.required for check in found.checks)
    return {check.name: check for check in found.checks}


def refused(checks: dict[str, Check]) -> list[str]:
    return [name for name, check in checks.items() if not check.passed]


def test_who_proves_something_and_knew_no_future_passes_and_is_told_what_it_proves():
    checks = verdict()
    assert list(checks) == ["leak audit", "a claim proven"]
    assert refused(checks) == []
    assert checks["a claim proven"].why == "order 1, 5; range 1"


def test_who_proves_nothing_is_refused_and_told_what_came_nearest():
    checks = verdict((*NOTHING, claim("order", 5, 0.08, proven=False)))
    assert refused(checks) == ["a claim proven"]
    assert checks["a claim proven"].why == "nothing is; nearest to it: order 5 ahead, p .080"


def test_where_no_claim_could_be_asked_the_reason_is_told():
    why = verdict(PROVEN[-1:])["a claim proven"].why
    assert why == "nothing is; nearest to it: money: no strategy was traded at this horizon"


def test_the_finding_of_the_audit_refuses_alone_and_is_told():
    checks = verdict(findings=[FINDING])
    assert refused(checks) == ["leak audit"]
    told = "mean up to 2024-01-05 changes when later rows are changed: 3 rows, first ALFA 2024-01-04"
    assert checks["leak audit"].why == told


def test_what_is_required_must_be_proven_at_some_horizon():
    checks = verdict(rules=Gate(require=("order", "level")))
    assert checks["order proven"].passed
    assert checks["order proven"].why == "1, 5 ahead"
    assert refused(checks) == ["level proven"]
    assert checks["level proven"].why == "level 1 ahead, p .200"


def test_a_claim_that_is_required_must_be_among_those_asked():
    with pytest.raises(ValueError, match=r"require: level is not among gate\.claims"):
        Gate(claims=("range",), require=("level",))


def test_the_first_that_the_sitter_has_not_proven_takes_the_seat():
    checks = verdict(sitter=sitter(("range", 1)))
    assert refused(checks) == []
    assert checks["more than who sits there"].why == (
        "proves order 1, 5, which the champion, version 3, does not"
    )


def test_who_proves_the_same_must_be_surely_better_on_some_of_it():
    same = sitter(("order", 1), ("order", 5), ("range", 1))
    assert refused(verdict(sitter=same)) == ["more than who sits there"]
    better = sitter(("order", 1), ("order", 5), ("range", 1), better="range")
    assert refused(verdict(sitter=better)) == []


def test_who_is_surely_worse_on_what_the_sitter_has_proven_is_refused():
    checks = verdict(sitter=sitter(("range", 1), worse="range"))
    assert refused(checks) == ["nothing less than who sits there"]
    assert checks["nothing less than who sits there"].why == "range 1 ahead surely worse"


@pytest.mark.parametrize(("found", "passes"), [(0.1, True), (0.9, False), (None, False)])
def test_a_search_that_overfits_is_refused_where_the_experiment_asks(found, passes):
    checks = verdict(rules=Gate(overfitting=0.5), overfitting=found)
    assert checks["probability of overfitting"].passed == passes


def test_the_probability_of_overfitting_wants_more_than_one_trial():
    streams = pl.DataFrame(np.random.default_rng(0).normal(0, 0.01, (160, 12)))
    assert 0 <= (gate.measure_overfitting(streams) or -1) <= 1
    assert gate.measure_overfitting(streams.select(pl.nth(0))) is None
    assert gate.measure_overfitting(pl.DataFrame()) is None


def test_trials_that_are_alike_count_as_few():
    rng = np.random.default_rng(0)
    apart = pl.DataFrame(rng.normal(0, 0.01, (250, 10)))
    alike = pl.DataFrame(rng.normal(0, 0.01, (250, 1)) + rng.normal(0, 1e-4, (250, 10)))
    assert gate.count_independent(apart, tried=20) > 15
    assert gate.count_independent(alike, tried=20) < 4
    assert gate.count_independent(pl.DataFrame(), tried=20) == 20


def test_the_reference_needs_to_prove_nothing_and_must_not_know_the_future():
    assert gate.judge_reference([]).passed
    assert not gate.judge_reference([FINDING]).passed


def earlier(now: Gate, before: Gate, *refused: str) -> EarlierCandidate:
    return EarlierCandidate("4", refused, ("gate.significance = 0.01",), tell_easier(now, before))


def test_a_refusal_on_the_same_holdout_is_not_undone_by_asking_less():
    now, before = Gate(), Gate(significance=0.01)
    checks = verdict(rules=now, earlier=[earlier(now, before, "a claim proven")])
    assert refused(checks) == ["the first verdict on this holdout"]
    told = checks["the first verdict on this holdout"].why
    assert told == (
        "version 4 was refused (nothing is proven) on these sessions with gate.significance = 0.01; "
        "gate.significance asks less now"
    )


def test_a_verdict_under_other_settings_stands_beside_one_that_asks_no_less():
    now, before = Gate(), Gate(significance=0.1)
    checks = verdict(rules=now, earlier=[earlier(now, before, "a claim proven")])
    assert refused(checks) == []
    assert "version 4 was refused" in checks["the first verdict on this holdout"].why
    checks = verdict(rules=now, earlier=[earlier(now, Gate(significance=0.01))])
    assert checks["the first verdict on this holdout"].why.startswith("version 4 passed on these sessions")


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("require", (), ("level",)),
        ("beat", ("zero",), ("zero", "mean", "last", "ridge")),
        ("significance", 0.2, 0.01),
        ("deflated_sharpe", 0.0, 0.99),
        ("overfitting", None, 0.2),
        ("coverage_tolerance", 0.2, 0.01),
    ],
)
def test_every_setting_of_the_gate_is_easier_one_way_only(name, less, more):
    easy, hard = Gate.model_validate({name: less}), Gate.model_validate({name: more})
    assert tell_easier(easy, hard) == (f"gate.{name}",)
    assert tell_easier(hard, easy) == ()
    assert tell_easier(easy, easy) == ()


def test_other_claims_or_another_coverage_are_another_question_and_count_as_easier():
    assert tell_easier(Gate(claims=("range",)), Gate()) == ("gate.claims",)
    assert tell_easier(Gate(), Gate(claims=("range",))) == ("gate.claims",)
    assert tell_easier(Gate(coverage=0.8), Gate()) == ("gate.coverage",)
