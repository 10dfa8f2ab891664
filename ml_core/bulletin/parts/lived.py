"""What its forecasts were worth after they were made, claim by claim."""

from __future__ import annotations

from ml_core.bulletin.pictures import picture
from ml_core.bulletin.subject import ReportSubject
from ml_core.live.figure import draw_live
from ml_core.live.ledger import open_ledger
from ml_core.live.standing import LiveStanding, read_standings
from ml_core.reporting.document.document import Block, Missing, Paragraph, Points, Section, table_of
from ml_core.vocabulary import words

TITLE = "What came of it live"
MOST_DRAWN = 4
EACH = 1.9  # inches of a row of the figure


def tell_live(subject: ReportSubject) -> Section:
    """Of the version's own line; where the report is about who answers, of the others that are watched too."""
    origin = subject.today("live")
    ledger = open_ledger(subject.order)
    standings = read_standings(ledger)
    line = subject.judged.version if subject.judged else ""
    own = [one for one in standings if one.terms.line == line]
    others = [one for one in standings if one.terms.line != line and one.terms.asked]
    asked = [one for one in own if one.terms.asked]
    blocks: list[Block] = []
    if not own:
        blocks.append(Missing("Live evidence", _why(subject), subject.spell("predict")))
    elif not asked:
        blocks.append(Paragraph("None of its claims is asked live."))
    else:
        told = (
            "Each forecast that was written before its outcome could be known is scored once the outcome is there. The "
            "e-value is the evidence: by luck alone it hardly ever reaches what decides, however often one looks."
        )
        blocks += [Paragraph(told), _table(subject, asked, "What has come of each claim of this version")]
        blocks += _drawn(subject, asked)
    unasked = [
        f"{one.terms.claim}, {one.terms.horizon} ahead: {one.told()}" for one in own if not one.terms.asked
    ]
    if unasked:
        blocks.append(Points(tuple(unasked)))
    if others:
        blocks.append(_table(subject, others, "Other versions that are watched"))
    return Section(TITLE, tuple(blocks), origin)


def _why(subject: ReportSubject) -> str:
    if subject.version is None:
        return "nobody answers yet, so nothing was forecast."
    return "no forecast of this version was written early enough to be scored yet."


def _table(subject: ReportSubject, standings: list[LiveStanding], caption: str) -> Block:
    rows = [
        {
            "version": one.terms.line,
            "claim": words.claim(one.terms.claim),
            "ahead": f"{one.terms.horizon}",
            "scored": f"{one.sessions}",
            "verdict": one.told(),
        }
        for one in standings
    ]
    return table_of(caption, rows, subject.today("live"))


def _drawn(subject: ReportSubject, asked: list[LiveStanding]) -> list[Block]:
    scored = [one for one in asked if one.sessions][:MOST_DRAWN]
    if not scored:
        return [
            Missing(
                "How the evidence went", "no outcome of these forecasts has come yet.", subject.spell("live")
            )
        ]
    drawn = draw_live(scored, open_ledger(subject.order).scores(), title="")
    told = "; ".join(f"{one.terms.claim} {one.terms.horizon} ahead: {one.told()}" for one in scored)
    more = f"; the first {MOST_DRAWN} of {len(asked)}" if len(asked) > MOST_DRAWN else ""
    caption = f"The evidence for and against each claim as outcomes came, and the effect so far{more}"
    return [
        picture(drawn, "live", caption, f"Two charts over time for each claim. {told}.", subject.today("live"),
                height=EACH * len(scored) + 0.4)
    ]  # fmt: skip
