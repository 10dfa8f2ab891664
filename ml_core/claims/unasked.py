"""Lists the claims that were not judged, each with the reason, so that a reader sees that none was forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from ml_core.claims.kind import claim_names
from ml_core.claims.verdict import ClaimVerdict

LEFT_OUT = "[gate] claims of the experiment does not name it"


def with_unasked(claims: Sequence[ClaimVerdict]) -> tuple[ClaimVerdict, ...]:
    """These verdicts, and one for each claim that the experiment left out. Of a version that was judged before there
    were claims, none."""
    horizons, named = sorted({one.horizon for one in claims}), {one.claim for one in claims}
    left_out = (
        ClaimVerdict(name, horizon, "not asked", LEFT_OUT)
        for name in claim_names()
        if name not in named
        for horizon in horizons
    )
    return (*claims, *left_out)


def tell_unasked(claims: Sequence[ClaimVerdict]) -> list[str]:
    """A sentence for each reason: which claims, and at which horizons where others were asked."""
    asked = {one.claim for one in claims if one.asked}
    reasons: dict[str, dict[str, list[str]]] = {}
    for one in sorted(claims, key=lambda one: (one.claim, one.horizon)):
        if not one.asked:
            reasons.setdefault(one.why, {}).setdefault(one.claim, []).append(str(one.horizon))
    several = {name for places in reasons.values() for name in places}
    split = {name for name in several if sum(name in places for places in reasons.values()) > 1}
    return [
        ", ".join(
            f"{name} {' and '.join(ahead)} ahead" if name in asked | split else name
            for name, ahead in places.items()
        )
        + f" ({why})"
        for why, places in reasons.items()
    ]
