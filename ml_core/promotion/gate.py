"""Decides whether a candidate has earned its place, check by check, each with its reason. It only computes: all
that it weighs is handed to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ml_core.errors import NotEnoughData
from ml_core.evaluation.leakage import Finding
from ml_core.evaluation.scores import score
from ml_core.evaluation.sharpe import deflated_sharpe, sharpe
from ml_core.evaluation.significance import independent_trials, pbo
from ml_core.registry.verdict import Check, Verdict
from ml_core.reporting.words import CHECKS, better_than, short_percent
from ml_core.spec.experiment import Gate


@dataclass(frozen=True)
class Luck:
    """The winner's Sharpe against the best of as many lucky trials, and the chance that choosing overfitted."""

    trials: int
    sharpe: float
    deflated: float
    overfitting: float | None


def count_independent(streams: pl.DataFrame, *, tried: int) -> float:
    """How many independent trials those that were tried amount to, as far as their streams tell; all of them where
    there is none."""
    if streams.is_empty():
        return float(tried)
    returns_TM = streams.to_numpy()
    return independent_trials(returns_TM) * tried / returns_TM.shape[1]


def weigh_luck(streams: pl.DataFrame, *, tried: int) -> Luck:
    """The first column is the winner. Trials that were stopped early have no stream but count as tried."""
    returns_TM = streams.to_numpy()
    winner = returns_TM[:, 0]
    independent = count_independent(streams, tried=tried)
    spread = np.var([sharpe(stream) for stream in returns_TM.T], ddof=1) if returns_TM.shape[1] > 1 else 0.0
    deflated = deflated_sharpe(winner, trials=independent, variance=float(spread))
    try:
        overfitting = pbo(returns_TM)
    except NotEnoughData:
        overfitting = None
    return Luck(tried, sharpe(winner), deflated, overfitting)


def judge_candidate(
    gate: Gate,
    scores: pl.DataFrame,
    *,
    horizon: int,
    luck: Luck | None,
    findings: list[Finding],
    against_champion: Mapping[str, float] | None,
    looks: int = 1,
    family: str = "",
) -> list[Check]:
    """Every check, passed or not, in the order a reader asks them. `looks`: how often candidates of this model have
    been judged on this very holdout, this one included; each look makes a lucky pass likelier, so p must be
    smaller in proportion. `family`: what the candidate is; one that is itself a baseline is not asked to be better
    than its own name, but than zero."""
    allowed = gate.significance / looks
    row = scores.filter((pl.col("metric") == "mse") & (pl.col("horizon") == horizon)).row(0, named=True)
    checks = [_beats(name, row, allowed, looks) for name in rivals(gate.beat, family)]
    if family in gate.beat and family != "zero":
        checks.append(_is_itself(family))
    if against_champion is not None:
        checks.append(_beats("champion", {**row, **against_champion}, allowed, looks))
    checks += [_coverage(gate, scores, horizon), _audit(findings)]
    if luck is not None:
        checks.append(_deflated(gate, luck))
    if luck is not None and gate.overfitting is not None:
        checks.append(_overfitting(gate.overfitting, luck.overfitting))
    return checks


def rivals(beat: tuple[str, ...], family: str) -> tuple[str, ...]:
    """Whom a candidate must beat. Better than itself nobody is: a baseline that the gate names must beat the others
    that it names, and zero in any case; a forecast of zero has itself to beat, and never does."""
    if family not in beat or family == "zero":
        return beat
    return tuple(dict.fromkeys(("zero", *(name for name in beat if name != family))))


def compare(candidate: pl.DataFrame, champion: pl.DataFrame, *, horizon: int) -> dict[str, float] | None:
    """The champion beside the candidate on the rows that both answer; None where they share none."""
    key = ["ticker", "as_of", "horizon"]
    shared = candidate.filter(pl.col("horizon") == horizon).join(champion.select(key), on=key, how="semi")
    if shared.is_empty():
        return None
    rival = champion.join(shared.select(key), on=key, how="semi").select(*key, "mean")
    row = score(shared, {"champion": rival}, metrics=("mse",)).row(0, named=True)
    return {name: row[name] for name in ("champion", "skill_champion", "p_champion")}


def as_evidence(checks: list[Check]) -> Verdict:
    return Verdict(passed=all(check.passed for check in checks), checks=tuple(checks))


def _beats(name: str, row: Mapping[str, Any], significance: float, looks: int) -> Check:
    p = row.get(f"p_{name}")
    skill = row.get(f"skill_{name}")
    passed = p is not None and p < significance and (skill or 0) > 0
    why = f"{name} was not scored"
    if skill is not None:
        why = f"squared error {100 * abs(skill):.2f} % {'smaller' if skill > 0 else 'larger'} than {name}'s"
    required = f"p < {significance:.3g}" + (f" at look {looks} on this holdout" if looks > 1 else "")
    return Check(name=better_than(name), passed=passed, value=p, required=required, why=why)


def _is_itself(family: str) -> Check:
    why = f"the candidate is {family} itself: it must be better than zero and the others"
    return Check(name=better_than(family), passed=True, value=None, required="not asked", why=why)


def _coverage(gate: Gate, scores: pl.DataFrame, horizon: int) -> Check:
    found = scores.filter((pl.col("metric") == "coverage") & (pl.col("horizon") == horizon))["value"].item()
    passed = found is not None and abs(found - gate.coverage) <= gate.coverage_tolerance
    required = f"{short_percent(gate.coverage)} ± {short_percent(gate.coverage_tolerance)}"
    why = "of the outcomes lie inside the interval"
    return Check(name=CHECKS["coverage"], passed=passed, value=found, required=required, why=why)


def _audit(findings: list[Finding]) -> Check:
    why = str(findings[0]) if findings else "no input, forecast, position or account knew what it should not"
    count = float(len(findings))
    return Check(name=CHECKS["leaks"], passed=not findings, value=count, required="no finding", why=why)


def _deflated(gate: Gate, luck: Luck) -> Check:
    why = f"Sharpe {luck.sharpe:.3f} a session on the test dates of the search, best of {luck.trials} trials"
    return Check(
        name=CHECKS["deflated"],
        passed=luck.deflated >= gate.deflated_sharpe,
        value=luck.deflated,
        required=f">= {gate.deflated_sharpe}",
        why=why,
    )


def _overfitting(allowed: float, found: float | None) -> Check:
    passed = found is not None and found <= allowed
    why = (
        "too few finished trials" if found is None else "how often the best half is below the other's median"
    )
    required = f"<= {allowed}"
    return Check(name=CHECKS["overfitting"], passed=passed, value=found, required=required, why=why)
