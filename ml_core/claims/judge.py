"""Judges the claims that are asked, each at each horizon, and makes each surer in proportion to how many are asked
together: of many questions, luck answers one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ml_core.claims.case import Case
from ml_core.claims.contest import tell_p
from ml_core.claims.kind import claim_names, load_claim
from ml_core.claims.verdict import ClaimVerdict, Condition, Contest, Match
from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.frames import Array
from ml_core.spec import choices

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class _Asked:
    """A question that was asked, before the others are paid for."""

    claim: str
    horizon: int
    rivals: tuple[Contest, ...]
    conditions: tuple[Condition, ...]

    @property
    def p(self) -> float:
        """To be better than each rival is as sure as the least sure of it (intersection and union)."""
        return max(one.p for one in self.rivals)


def check_claims(names: Sequence[str], key: str) -> None:
    """Refuse a claim that nobody wrote."""
    for name in names:
        if name not in claim_names():
            raise InvalidInput(f"{key}: unknown claim '{name}'{choices.nearest(name, list(claim_names()))}")


def rivals_of(case: Case, name: str) -> tuple[str, ...]:
    """Whom that claim faces."""
    return load_claim(name).rivals(case)


def judge_claims(
    case: Case, claims: Sequence[str] | None = None, *, significance: float = SIGNIFICANCE
) -> tuple[ClaimVerdict, ...]:
    """A verdict for each claim (default: every one there is) at each horizon of the case.

    To be proven, a claim's p against its hardest rival must be below `significance` after Holm's payment for all
    claims and horizons that were asked, and its conditions must hold.
    """
    names = claim_names() if claims is None else tuple(dict.fromkeys(claims))
    check_claims(names, "claims")
    answers = [_ask(case, name, horizon) for name in names for horizon in case.horizons]
    asked = [one for one in answers if isinstance(one, _Asked)]
    paid = iter(pay([one.p for one in asked]).tolist())
    return tuple(
        _decide(one, next(paid), questions=len(asked), significance=significance)
        if isinstance(one, _Asked)
        else one
        for one in answers
    )


def match_claim(
    case: Case,
    claim: str,
    horizon: int,
    *,
    rival: str,
    better: float = SIGNIFICANCE,
    worse: float = SIGNIFICANCE,
) -> Match:
    """Is the forecast significantly better on this claim than a rival of the case (as `Case.facing` adds one), or
    significantly worse? Each side is a test of its own, at a level of its own."""
    check_claims((claim,), "claim")
    kind = load_claim(claim)
    reason, contest = kind.excuse(case, horizon), None
    try:
        contest = None if reason else kind.contest(case, horizon, rival)
    except NotEnoughData as error:
        reason = str(error)
    where = f"{claim} {horizon} ahead"
    if contest is None:
        return Match(claim, horizon, "neither", f"{where} cannot be compared: {reason}")
    if contest.p < better:
        return Match(
            claim, horizon, "better", f"{where} surely better: {contest.told}, p {tell_p(contest.p)}"
        )
    if 1 - contest.p < worse:
        return Match(
            claim, horizon, "worse", f"{where} surely worse: {contest.told}, p {tell_p(1 - contest.p)}"
        )
    return Match(
        claim, horizon, "neither", f"{where} neither better nor worse: {contest.told}, p {tell_p(contest.p)}"
    )


def pay(p_values: ArrayLike) -> Array:
    """Holm (1979): what each p is worth after as many questions, which run along the last axis."""
    p_RK = np.asarray(p_values, dtype=float)
    order_RK, count = np.argsort(p_RK, axis=-1, kind="stable"), p_RK.shape[-1]
    dear_RK = np.take_along_axis(p_RK, order_RK, axis=-1) * (count - np.arange(count))
    paid_RK = np.empty_like(p_RK)
    np.put_along_axis(paid_RK, order_RK, np.minimum(1.0, np.maximum.accumulate(dear_RK, axis=-1)), axis=-1)
    return paid_RK


def _ask(case: Case, claim: str, horizon: int) -> _Asked | ClaimVerdict:
    kind = load_claim(claim)
    reason = kind.excuse(case, horizon)
    if not reason and not kind.rivals(case):
        reason = f"no rival is named for {claim}"
    if not reason:
        try:
            contests = tuple(kind.contest(case, horizon, rival) for rival in kind.rivals(case))
            return _Asked(claim, horizon, contests, kind.conditions(case, horizon))
        except NotEnoughData as error:
            reason = str(error)
    return ClaimVerdict(claim, horizon, "not asked", reason)


def _decide(asked: _Asked, paid: float, *, questions: int, significance: float) -> ClaimVerdict:
    failed = [one for one in asked.conditions if not one.met]
    sure = paid < significance
    hardest = max(asked.rivals, key=lambda one: one.p)
    after = f" after paying for {questions} questions" if questions > 1 else ""
    why = f"{hardest.told}, p {tell_p(paid)}{after}"
    why += f": {'proven' if sure and not failed else 'not proven'} at {_share(significance)}"
    if failed:
        why += "; " + "; ".join(f"{one.name} {one.value:.1%}, expected {one.required}" for one in failed)
    return ClaimVerdict(
        asked.claim,
        asked.horizon,
        "proven" if sure and not failed else "unproven",
        why,
        asked.p,
        paid,
        hardest.dates,
        asked.rivals,
        asked.conditions,
    )


def _share(level: float) -> str:
    return f"{100 * level:.3g} %"
