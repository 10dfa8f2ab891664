"""Decides whether a candidate takes the seat: no leak, something of it proven, all that is required proven, more than
whoever sits there and nothing less. Each check has its reason. It only weighs: all is handed to it."""

from collections.abc import Iterable, Sequence

import polars as pl

from ml_core.claims.contest import tell_p
from ml_core.claims.verdict import ClaimVerdict
from ml_core.errors import NotEnoughData
from ml_core.evaluation.leakage import ColumnLeak
from ml_core.evaluation.significance import independent_trials, pbo
from ml_core.promotion.earlier import EarlierCandidate
from ml_core.promotion.sitter import Sitter
from ml_core.registry.verdict import Check, Verdict
from ml_core.spec.experiment import Gate
from ml_core.vocabulary.words import CHECKS, required


def judge_candidate(
    gate: Gate,
    claims: Sequence[ClaimVerdict],
    *,
    findings: Sequence[ColumnLeak],
    sitter: Sitter | None = None,
    earlier: Sequence[EarlierCandidate] = (),
    overfitting: float | None = None,
) -> Verdict:
    """Every check, passed or not, in the order a reader asks them."""
    checks = [_audit(findings), _something(claims)]
    checks += [_required(claims, name) for name in gate.require]
    if sitter is not None:
        checks += [_more(claims, sitter), _nothing_less(sitter)]
    if earlier:
        checks.append(_no_easier(earlier))
    if gate.overfitting is not None:
        checks.append(_overfitting(gate.overfitting, overfitting))
    return Verdict(passed=all(check.passed for check in checks), checks=tuple(checks))


def judge_reference(findings: Sequence[ColumnLeak]) -> Verdict:
    """It sits where nobody has earned the seat: what it says must not know the future, and need not be proven."""
    check = _audit(findings)
    return Verdict(passed=check.passed, checks=(check,))


def count_independent(streams: pl.DataFrame, *, tried: int) -> float:
    """How many independent trials those that were tried amount to, as far as their streams tell; all of them where
    there is none."""
    if streams.is_empty():
        return float(tried)
    returns_TM = streams.to_numpy()
    return independent_trials(returns_TM) * tried / returns_TM.shape[1]


def measure_overfitting(streams: pl.DataFrame) -> float | None:
    """The probability of overfitting; None where too few trials finished to tell."""
    try:
        return None if streams.is_empty() else pbo(streams.to_numpy())
    except NotEnoughData:
        return None


def name_places(places: Iterable[tuple[str, int]]) -> str:
    """`level 1; order 1, 5`: claims with the horizons, in sessions ahead."""
    horizons: dict[str, list[int]] = {}
    for claim, horizon in sorted(places):
        horizons.setdefault(claim, []).append(horizon)
    return "; ".join(f"{claim} {', '.join(map(str, ahead))}" for claim, ahead in horizons.items())


def _audit(findings: Sequence[ColumnLeak]) -> Check:
    why = str(findings[0]) if findings else "no input, forecast, position or account knew what it should not"
    count = float(len(findings))
    return Check(name=CHECKS["leaks"], passed=not findings, value=count, required="no finding", why=why)


def _something(claims: Sequence[ClaimVerdict]) -> Check:
    proven = [(one.claim, one.horizon) for one in claims if one.proven]
    why = name_places(proven) if proven else f"nothing is; nearest to it: {_tell_nearest(claims)}"
    return Check(
        name=CHECKS["proven"], passed=bool(proven), value=float(len(proven)), required=">= 1", why=why
    )


def _required(claims: Sequence[ClaimVerdict], name: str) -> Check:
    own = [one for one in claims if one.claim == name]
    proven = [one for one in own if one.proven]
    why = f"{', '.join(str(one.horizon) for one in proven)} ahead" if proven else _tell_nearest(own)
    least = min((one.adjusted for one in own if one.adjusted is not None), default=None)
    return Check(
        name=required(name),
        passed=bool(proven),
        value=least,
        required="p small enough, anywhere",
        why=why,
    )


def _more(claims: Sequence[ClaimVerdict], sitter: Sitter) -> Check:
    """A claim that the sitter has not proven, or one that he has and that is significantly better here."""
    new = {(one.claim, one.horizon) for one in claims if one.proven} - sitter.proven
    told = [f"proves {name_places(new)}, which {sitter} does not"] if new else []
    told += [one.why for one in sitter.better]
    why = "; ".join(told) or f"it proves nothing that {sitter} does not, and is not surely better anywhere"
    count = float(len(new) + len(sitter.better))
    return Check(name=CHECKS["more"], passed=bool(told), value=count, required=">= 1", why=why)


def _nothing_less(sitter: Sitter) -> Check:
    worse = sitter.worse
    why = "; ".join(one.why for one in worse) or f"on nothing that {sitter} has proven"
    return Check(
        name=CHECKS["less"],
        passed=not worse,
        value=float(len(worse)),
        required="nowhere surely worse",
        why=why,
    )


def _no_easier(earlier: Sequence[EarlierCandidate]) -> Check:
    """One gate for one holdout: whoever was refused there is told beside whoever passes an easier one."""
    standing = [one for one in earlier if one.stands]
    easier = dict.fromkeys(name for one in standing for name in one.easier)
    told = "; ".join(map(str, standing or earlier))
    why = f"{told}; {', '.join(easier)} asks less now" if standing else told
    return Check(
        name=CHECKS["earlier"],
        passed=not standing,
        value=float(len(standing)),
        required="no refusal by a stricter gate",
        why=why,
    )


def _overfitting(allowed: float, pbo: float | None) -> Check:
    passed = pbo is not None and pbo <= allowed
    why = "too few finished trials" if pbo is None else "how often the best half is below the other's median"
    return Check(name=CHECKS["overfitting"], passed=passed, value=pbo, required=f"<= {allowed}", why=why)


def _tell_nearest(claims: Sequence[ClaimVerdict]) -> str:
    """The unproven claim that came nearest; where none was asked, why."""
    asked = [one for one in claims if one.adjusted is not None]
    if not asked:
        return next((f"{one.claim}: {one.why}" for one in claims), "no claim was asked")
    best = min(asked, key=lambda one: one.adjusted or 0.0)
    return f"{best.claim} {best.horizon} ahead, p {tell_p(best.adjusted or 0.0)}"
