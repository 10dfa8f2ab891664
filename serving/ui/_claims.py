"""The claims of a version: each down, horizons across; folded, why each is so."""

from __future__ import annotations

from ml_core.claims.unasked import with_unasked
from ml_core.claims.verdict import ClaimVerdict, horizons_shown
from ml_core.vocabulary import words
from serving.look import markup
from serving.look.markup import Cell, begin, panel, table, typeset
from serving.messages import Info
from serving.ui._scores import whose

MOST_HORIZONS = 6


def show_claims(info: Info) -> str:
    claims = with_unasked(info.claims)
    horizons = horizons_shown(claims, most=MOST_HORIZONS)
    by_place = {(one.claim, one.horizon): one for one in claims}
    names = sorted({one.claim for one in claims}, key=lambda name: [*words.CLAIMS, name].index(name))
    rows = [
        [begin(words.claim(name)), *(_standing(by_place.get((name, horizon))) for horizon in horizons)]
        for name in names
    ]
    about = (
        f"What the forecast says, each claim judged by itself on {whose('the holdout', info)} against the rivals that "
        "suit it; p after paying for every claim and horizon that was asked."
    )
    head = ("Claim", *(f"{markup.steps(horizon, info.frequency)} ahead" for horizon in horizons))
    reasons = [[begin(one.claim), markup.steps(one.horizon, info.frequency), one.why] for one in claims]
    why = markup.folded("Why", table(("Claim", "Ahead", "Why"), reasons, text=(2,)))
    if not rows:
        return panel("Claims", "Not asked: this version was judged before there were claims.", "")
    return panel("Claims", about, table(head, rows) + why)


def _standing(claim: ClaimVerdict | None) -> Cell | str:
    if claim is None:
        return ""
    if not claim.asked:
        return Cell("Not asked", claim.why, "cc-why")
    looks = {"proven": "cc-pass", "unproven": "cc-refuse"}
    return Cell(begin(claim.standing), typeset(words.odds(claim.adjusted)), looks.get(claim.standing, ""))
