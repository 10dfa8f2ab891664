"""Beside which simple rules a claim was proven, and which others did as well or better that it was not set beside: in
plain words, for who would take "proven" for "better than any rule"."""

from __future__ import annotations

from collections.abc import Sequence

from ml_core.claims.kind import LiveTest, load_claim
from ml_core.registry.evidence import Evidence
from ml_core.registry.scores import Score
from ml_core.vocabulary import words


def tell_faced(evidence: Evidence, claim: str, horizons: Sequence[int]) -> str:
    """Those that it is proven beside at these horizons: on the holdout, and where that was not enough, live."""
    proven = [one for one in evidence.claims if one.claim == claim and one.proven and one.horizon in horizons]
    told = [words.rules(rival.rival for one in proven for rival in one.rivals)]
    live = load_claim(claim).live
    if isinstance(live, LiveTest) and {*horizons} - {one.horizon for one in proven}:
        told.append(f"since then {live.rival}")
    named = "; ".join(filter(None, told))
    return "the rules that are named for it" + (f" ({named})" if named else "")


def rules_as_good(evidence: Evidence, claim: str, horizons: Sequence[int]) -> dict[str, list[int]]:
    """Rules that it was not set beside and that were as good or better by what the claim is decided by, each with the
    horizons at which."""
    live, found = load_claim(claim).live, {}
    if not isinstance(live, LiveTest):
        return found
    for score in evidence.holdout_scores:
        if score.metric == live.metric.name and score.horizon in horizons:
            for rule in _as_good(score, lower=live.metric.better == "lower"):
                if claim not in decided_against(evidence, rule, score.horizon):
                    found.setdefault(words.rules([rule]), []).append(score.horizon)
    return found


def decided_against(evidence: Evidence, rule: str, horizon: int) -> list[str]:
    """The claims that are set beside that rule."""
    return [
        one.claim
        for one in evidence.claims
        if one.asked and one.horizon == horizon and rule in {rival.rival for rival in one.rivals}
    ]


def _as_good(score: Score, *, lower: bool) -> list[str]:
    known = {name: one.value for name, one in score.beside.items() if one.value is not None}
    own = score.value
    if own is None:
        return []
    return [name for name, value in known.items() if (value <= own if lower else value >= own)]
