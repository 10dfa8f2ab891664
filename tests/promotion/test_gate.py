"""The gate asks every question, answers each with a reason, and lets nobody in who has proven nothing."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.claims.verdict import ClaimVerdict, Match
from ml_core.evaluation.leakage import Finding
from ml_core.promotion import gate
from ml_core.promotion.sitter import Sitter
from ml_core.registry.verdict import Check
from ml_core.spec.experiment import Gate

FIRST = {"ticker": "ALFA", "as_of": dt.date(2024, 1, 4)}
FINDING = Finding("changed", dt.date(2024, 1, 5), "mean", 3, FIRST, 0.1)


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
