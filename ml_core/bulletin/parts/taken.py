"""What a refit does not take over of the version that was judged, and why it may answer all the same: two questions are
asked of how large its moves are, and each has a bound of its own."""

from __future__ import annotations

from ml_core.bulletin.subject import ReportSubject
from ml_core.claims.verdict import ClaimVerdict
from ml_core.promotion.likeness import SPREAD, farthest, reach_of
from ml_core.registry.evidence import Evidence
from ml_core.registry.refit import Compared
from ml_core.vocabulary import words

LEFT = "not taken over"


def left_out(evidence: Evidence) -> list[ClaimVerdict]:
    """What was proven of the version that was judged, and is not of this one."""
    return [one for one in evidence.claims if is_left_out(one, evidence)]


def is_left_out(one: ClaimVerdict, evidence: Evidence) -> bool:
    return evidence.refit is not None and one.asked and not one.proven and one.adjusted is None


def tell_left_out(subject: ReportSubject, evidence: Evidence, one: ClaimVerdict) -> str:
    """The reason, in words."""
    found, refit = _compared(evidence, one.horizon), evidence.refit
    if found is None or refit is None:
        return one.why
    return (
        f"proven of version {refit.judged}, and not taken over: the moves that version {_own(subject)} expects are "
        f"{reach_of(found):.1f} times as large as those of which it was proven, and up to {SPREAD[1]:g} times counts "
        "as the same"
    )


def tell_both(subject: ReportSubject, evidence: Evidence) -> list[str]:
    """Why the gate let it in, and yet not all was taken over; nothing where all was."""
    told, refit = [], evidence.refit
    for one in left_out(evidence):
        found = _compared(evidence, one.horizon)
        if found is None or refit is None or not evidence.gate.passed:
            continue
        trust = f", for it is trusted {found.trusted:.1f} times as much" if found.trusted > 1 else ""
        told.append(
            f"How large the moves are is asked twice. The gate asks whether version {_own(subject)} still points where "
            f"version {refit.parent} does: {one.horizon} ahead its moves may be up to {farthest(found.trusted):.1f} "
            f"times as large{trust}, and they are {found.spread or 0.0:.1f} times, so it may answer. To take over "
            f"{one.claim}, which was proven of moves of a certain size, more is asked: at most {SPREAD[1]:g} times as "
            f"large as those that were judged, whatever the trust, and they are {reach_of(found):.1f} times. So "
            f"{one.claim} {one.horizon} ahead stays unproven of version {_own(subject)}. What rests on which way a "
            "forecast points and on which is larger, as order and money do, is taken over."
        )
    return told


def tell_why_not(subject: ReportSubject, evidence: Evidence, horizon: int) -> str:
    """For who knows no code: why one may trade by it and yet not rely on how far it says that prices go."""
    found, refit = _compared(evidence, horizon), evidence.refit
    if found is None or refit is None:
        return "that was not taken over"
    told = (
        f"version {refit.judged} proved it, but version {_own(subject)} expects moves {reach_of(found):.1f} times as "
        "large, and nobody has checked moves of that size"
    )
    kept = [name for name in ("order", "money") if (name, horizon) in _proven(evidence)]
    if kept:
        told += (
            f". Still proven as far ahead: {words.listed([words.said(name) for name in kept])}. That rests on which "
            "forecast is higher than which, not on the size of the move"
        )
    return told


def _proven(evidence: Evidence) -> set[tuple[str, int]]:
    return {(one.claim, one.horizon) for one in evidence.claims if one.proven}


def _own(subject: ReportSubject) -> str:
    assert subject.version is not None
    return subject.version.version


def _compared(evidence: Evidence, horizon: int) -> Compared | None:
    compared = evidence.refit.compared if evidence.refit else ()
    return next((one for one in compared if one.horizon == horizon and one.spread), None)
