"""Says below an explanation what the model would lose without an input, on the holdout: a picture with intervals, then
the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ml_core.explain.attribution import ForecastPart
from ml_core.explain.risen import tell_ends, tell_rise
from ml_core.explain.spoken import CLAIM_OF
from ml_core.explain.surveys.importance import OfClaim, Rise
from ml_core.vocabulary import words
from serving.figures.explanation import draw_rises
from serving.look import markup
from serving.surveyed import Surveyed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SHOWN = 10
TITLE = words.HEADINGS["lost"]
KINDS = {"together": "With its kin", "alone": "Alone", "group": "A group"}


class Lost(NamedTuple):
    """An empty part is not shown."""

    lost: str
    importance: Figure | None = None
    rises: str = ""


def tell_instead(said: str) -> Lost:
    """What stands there until there are numbers, or why there are none."""
    return Lost(markup.lead(TITLE, "") + said)


def show_importance(told: Surveyed, of: ForecastPart) -> Lost:
    """Of the claim that this part of a forecast makes; where nothing can be told of it, why."""
    claim = CLAIM_OF[of]
    if why := told.found.silent.get(claim):
        return Lost(markup.lead(TITLE, f"{markup.begin(why)}."))
    return _show(told, claim)


def _show(told: Surveyed, claim: str) -> Lost:
    of_claim = told.found.claims[claim]
    proven = claim in told.asked.proves(told.found.horizon)
    shown = [(one.words, one) for one in of_claim.of_kind("together")[:SHOWN]]
    asked = words.stretch_told(told.found.first, told.found.last, told.found.dates)
    exchanged = words.EXCHANGED.format(
        repeats=told.found.repeats, level=words.short_percent(told.found.level)
    )
    what = "its loss rises" if of_claim.of == "share" else f"its {words.RANK_IC} falls"
    doubt = f", and so is all of {claim}, which is not proven of version {told.asked.version}"
    about = (
        f"By how much {claim} would be worse: {what}. Version {told.judged.version}, {asked}; {exchanged}. Grey is no "
        f"surer than luck{'' if proven else doubt}."
    )
    return Lost(
        lost=markup.lead(TITLE, about),
        importance=draw_rises(shown, of_claim, proven=proven),
        rises=markup.panel(
            "The same in numbers",
            "Inputs that say nearly the same are taken away together, then each alone, then each group of features.",
            markup.table(
                ("Without", "Taken", "Rises by" if of_claim.of == "share" else "Falls by", "Interval"),
                _rows(of_claim, proven=proven),
            ),
        ),
    )


def _rows(of_claim: OfClaim, *, proven: bool) -> list[Sequence[markup.Cell | str]]:
    rows: list[Sequence[markup.Cell | str]] = []
    for kind, label in KINDS.items():
        for one in [one for one in of_claim.rises if one.kind == kind][:SHOWN]:
            rows.append(_row(one, label, of_claim, proven=proven))
    return rows


def _row(one: Rise, label: str, of_claim: OfClaim, *, proven: bool) -> Sequence[markup.Cell | str]:
    ends = [markup.typeset(told) for told in tell_ends(one, of_claim)]
    look = "cc-pass" if proven and one.surely else ""
    return [
        markup.Cell(one.words, one.members, "cc-why"),
        label,
        markup.Cell(markup.typeset(tell_rise(one.rise, of_claim)), "surely" if one.surely else "", look),
        " to ".join(ends),
    ]
