"""Lays a refit beside its parent on the rows that both answer, and decides whether it still says what was judged: it
has not diverged, not collapsed, and its intervals hold as his did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from ml_core.claims.kind import claim_names, load_claim
from ml_core.claims.verdict import ClaimVerdict
from ml_core.evaluation.leakage import ColumnLeak
from ml_core.promotion.gate import judge_reference
from ml_core.registry.noted import ClaimPlace, Noted
from ml_core.registry.refit import Compared, Refit
from ml_core.registry.verdict import Check, Verdict
from ml_core.spec.experiment import Gate
from ml_core.vocabulary.words import CHECKS

KEY = ["ticker", "as_of", "horizon"]
SAYS = ["mean", "lower", "upper", "scale"]
GAP = 0.5  # scales between the two means, on average; means of the same recipe lie a tenth of that apart
WIDTH = 2.0  # times as wide, or as narrow
# Of how far the parent's means reach: less is no direction any more, more is another one. A refit that is trusted more,
# for it had more validation dates, may reach so much farther.
SPREAD = 0.1, 2.5
AGREEMENT = 0.5  # correlation of the two means: what points elsewhere was never judged


def lay_beside_parent(parent: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The rows that the parent answers, with what the refit says of them as `own_…`, null where it gives no number.
    Both are SCORED."""
    finite = pl.all_horizontal(pl.col(name).is_finite().fill_null(False) for name in SAYS)
    told = own.filter(finite).select(*KEY, *(pl.col(name).alias(f"own_{name}") for name in SAYS))
    return parent.filter(finite).join(told, on=KEY, how="left", maintain_order="left")


def compare(
    beside: pl.DataFrame, trusted: Mapping[int, float] | None = None, former: Refit | None = None
) -> tuple[Compared, ...]:
    """How they differ, horizon by horizon. `trusted`: how far the refit's means are, as a multiple of the parent's.
    `former`: what the parent is, where he is a refit himself."""
    parts = sorted(beside.partition_by("horizon", as_dict=True).items())
    more = trusted or {}
    before = {one.horizon: reach_of(one) for one in former.compared} if former else {}
    compared = (
        _at(horizon, rows.filter(pl.col("own_mean").is_not_null()), trusted=more.get(horizon, 1.0))
        for (horizon,), rows in parts
    )
    return tuple(
        one.model_copy(
            update={"reach": None if one.spread is None else one.spread * before.get(one.horizon, 1.0)}
        )
        for one in compared
    )


def reach_of(one: Compared) -> float:
    """How many times as large its moves are as those that were judged."""
    return one.reach or one.spread or 1.0


def trust_beside(parent: Mapping[int, float], own: Mapping[int, float]) -> dict[int, float]:
    """By horizon, where the parent's mean is trusted at all."""
    return {
        horizon: own[horizon] / trust for horizon, trust in parent.items() if trust > 0 and horizon in own
    }


def _at(horizon: int, rows: pl.DataFrame, *, trusted: float) -> Compared:
    scale, realized = pl.col("scale"), pl.col("realized")
    told = rows.select(
        gap=((pl.col("own_mean") - pl.col("mean")).abs() / scale).mean(),
        reach=(pl.col("mean") / scale).std(),
        own_reach=(pl.col("own_mean") / scale).std(),
        agreement=pl.corr(pl.col("own_mean") / scale, pl.col("mean") / scale).fill_nan(None),
        width=((pl.col("own_upper") - pl.col("own_lower")) / (pl.col("upper") - pl.col("lower"))).median(),
        parent_coverage=realized.is_between("lower", "upper").mean(),
        coverage=realized.is_between("own_lower", "own_upper").mean(),
    ).row(0, named=True)
    reach, own_reach, agreement = (told.pop(name) for name in ("reach", "own_reach", "agreement"))
    spread = own_reach / reach if reach else None
    return Compared(
        horizon=horizon, spread=spread, agreement=agreement if reach else None, trusted=trusted, **told
    )


def judge_refit(
    gate: Gate, refit: Refit, proven: frozenset[tuple[str, int]], *, findings: Sequence[ColumnLeak]
) -> Verdict:
    """Every check, passed or not. `proven`: the claims that were, with their horizons."""
    audit = judge_reference(findings).checks
    checks = (*audit, _near(refit), _speaks(refit, proven), _holds(gate, refit))
    return Verdict(passed=all(check.passed for check in checks), checks=checks)


def _near(refit: Refit) -> Check:
    """A refit of the same recipe says nearly the same. Far means, other widths and missing numbers are divergence."""
    if refit.missing or not refit.compared:
        why = (
            f"it gives no number on {refit.missing} of {refit.rows} rows that version {refit.parent} answers"
        )
        return _check(
            "near", passed=False, value=float(refit.missing), required="a number wherever he has", why=why
        )
    far = [one for one in refit.compared if one.gap is None or one.gap > GAP]
    odd = [one for one in refit.compared if one.width is None or not 1 / WIDTH <= one.width <= WIDTH]
    worst = max(far or odd or refit.compared, key=lambda one: math.inf if one.gap is None else one.gap)
    gap, width = ("unknown" if part is None else f"{part:.2f}" for part in (worst.gap, worst.width))
    why = (
        f"{worst.horizon} ahead the means of version {refit.parent} and of its refit lie {gap} scales apart, "
        f"and its intervals are {width} times as wide"
    )
    required = f"<= {GAP} scales, {1 / WIDTH} to {WIDTH} times as wide"
    return _check("near", passed=not far and not odd, value=worst.gap, required=required, why=why)


def _speaks(refit: Refit, proven: frozenset[tuple[str, int]]) -> Check:
    """Where a direction was proven the refit's means must go with the parent's, and reach about as far; and where none
    was, they must not all have fallen silent."""
    least, _ = SPREAD
    asked = [one for one in refit.compared if one.spread is not None]
    if not asked:
        return _check(
            "speaks", passed=True, value=None, required=tell_allowed(1.0), why="no direction is said"
        )
    other = [one for one in asked if says_another(one)]
    directed = [name for name in claim_names() if load_claim(name).direction]
    lost = [one for one in other if any((name, one.horizon) in proven for name in directed)]
    mute = [one for one in asked if (one.spread or 0.0) < least]
    worst = min(lost or mute or asked, key=lambda one: one.agreement or 0.0)
    why = (
        f"{worst.horizon} ahead its means reach {worst.spread:.0%} as far as those of version {refit.parent} "
        f"and agree with them by {worst.agreement or 0.0:.2f}"
        + (f", trusted {worst.trusted:.1f} times as much" if worst.trusted > 1.0 else "")
    )
    passed = not lost and len(mute) < len(asked)
    required = tell_allowed(worst.trusted)
    return _check("speaks", passed=passed, value=worst.agreement, required=required, why=why)


def farthest(trusted: float) -> float:
    """How many times as far as the parent's the means of a refit may reach that is trusted so many times as much."""
    return SPREAD[1] * max(trusted, 1.0)


def tell_allowed(trusted: float) -> str:
    """What must hold of a refit's direction, in numbers."""
    told = f"agreement >= {AGREEMENT}, {SPREAD[0]} to {farthest(trusted):.2g} times as far"
    return f"{told}: {SPREAD[1]} times the trust in it" if trusted > 1.0 else told


def says_another(one: Compared) -> bool:
    near = SPREAD[0] <= (one.spread or 0.0) <= farthest(one.trusted)
    return not near or (one.agreement or 0.0) < AGREEMENT


def hand_on(claims: Sequence[ClaimVerdict], refit: Refit) -> tuple[ClaimVerdict, ...]:
    """The claims that the refit has of its parent: all, but those of which the size of a mean decides where its own
    reach much farther than those that were judged, trusted more or not. Nobody has judged such means."""
    farther = _farther(refit)
    return tuple(
        replace(one, standing="unproven", why=_stretched(one, refit, farther[one.horizon]), adjusted=None)
        if one.proven and one.horizon in farther and load_claim(one.claim).reach
        else one
        for one in claims
    )


def hand_on_live(live: Mapping[ClaimPlace, Noted], refit: Refit) -> dict[ClaimPlace, Noted]:
    """What came of the parent's forecasts, by the same rule; what was refuted stays so."""
    farther = _farther(refit)
    return {
        (claim, horizon): one
        for (claim, horizon), one in live.items()
        if one.verdict != "proven" or horizon not in farther or not load_claim(claim).reach
    }


def _farther(refit: Refit) -> dict[int, float]:
    return {one.horizon: reach_of(one) for one in refit.compared if one.spread and reach_of(one) > SPREAD[1]}


def _stretched(one: ClaimVerdict, refit: Refit, reach: float) -> str:
    return (
        f"not handed on by version {refit.parent}: its means reach {reach:.1f} times as far as those of which it was "
        f"proven, and only up to {SPREAD[1]:g} times counts as the same; {one.why}"
    )


def _holds(gate: Gate, refit: Refit) -> Check:
    """It has seen most of these rows: where its intervals hold too little even here, and less than his, they are
    wrong."""
    floor = gate.coverage - gate.coverage_tolerance
    known = [one for one in refit.compared if one.coverage is not None]
    lost = [one for one in known if (one.coverage or 0.0) < min(floor, one.parent_coverage or 0.0)]
    if not known:
        return _check(
            "holds", passed=True, value=None, required=f">= {floor:.0%}", why="no outcome is known yet"
        )
    least = min(lost or known, key=lambda one: one.coverage or 0.0)
    why = (
        f"{least.horizon} ahead its intervals hold {least.coverage:.1%} of outcomes, "
        f"those of version {refit.parent} {least.parent_coverage:.1%}"
    )
    return _check("holds", passed=not lost, value=least.coverage, required=f">= {floor:.0%}", why=why)


def _check(name: str, *, passed: bool, value: float | None, required: str, why: str) -> Check:
    return Check(name=CHECKS[name], passed=passed, value=value, required=required, why=why)
