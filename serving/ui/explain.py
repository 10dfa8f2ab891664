"""Tab: why a forecast says what it says: what moved it up and down, when each input did, and whether the members of
the model agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ml_core.errors import InvalidInput
from ml_core.explain.amounts import FACTORS, ToldPieces, select, tell_amount, tell_end
from ml_core.explain.attribution import ForecastPart
from ml_core.explain.methods.moved import Moved, Piece
from ml_core.vocabulary import words
from serving.explanations import Explained
from serving.figures.explanation import draw_attention, draw_heat, draw_moved
from serving.look import markup
from serving.look.markup import Cell
from serving.service import Service
from serving.ui._alike import show_alike, show_turning, tell_attention
from serving.ui._choosing import choose_day, choose_horizon, choose_ticker
from serving.ui._days import AS_OF, read_day
from serving.ui._drawing import fill_parts, lay_parts
from serving.ui._guard import guard
from serving.ui._lost import Lost
from serving.ui._seats import choose_seat
from serving.ui._tab import Drawing, Parts, Tab

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

KINDS = [
    ("Where it goes", "level"),
    ("Its place among the others", "order"),
    ("How wide its range is", "scale"),
]
CHARTS = ("bars", "heat", "attention", "importance")
ABOUT = {
    "level": "What each input adds to the expected move, from what the model says of an average day.",
    "order": "What sets the expected move apart from the mean of all tickers of that day.",
    "scale": f"What makes the range wide or narrow: {FACTORS}.",
}


class ExplainView(NamedTuple):
    """The parts below the controls; an empty part is not shown."""

    notice: str
    lead: str = ""
    bars: Figure | None = None
    when: str = ""
    heat: Figure | None = None
    table: str = ""
    looked: str = ""
    attention: Figure | None = None
    others: str = ""


def build(service: Service) -> Parts:
    """Controls above; all below is drawn when the tab is opened, and on every change of them. What has to be measured
    first is, by an event of its own."""
    import gradio as gr

    from serving.ui._measuring import AT_ONCE, OPENING, Measuring

    with gr.Row():
        controls = [
            choose_ticker(service, "explain-ticker"),
            choose_horizon(service, service.experiment.task.horizons[0], "explain-horizon"),
            gr.Dropdown(
                KINDS, value="level", label="Explained", scale=3, min_width=180, elem_id="explain-of"
            ),
            choose_day("explain-date"),
            choose_seat(),
        ]
    parts = lay_parts(ExplainView._fields, CHARTS, tab="explain")
    lost = lay_parts(Lost._fields, CHARTS, tab="explain", first={"lost": OPENING.lost})
    measuring, wanted, measured = Measuring(service), gr.State(None), gr.State(None)

    def draw(*asked: Any) -> list[Any]:
        return fill_parts(show_explanation(service, *asked))

    wanted.change(
        measuring.measure,
        inputs=[wanted],
        outputs=[measured, wanted],
        concurrency_limit=AT_ONCE,
        show_progress="hidden",
        api_visibility="private",
    )
    ticker, ahead, of, date, who = controls
    return Parts(
        {"ticker": ticker, "horizon": ahead, "as_of": date, "of": of},
        drawn=(
            Drawing(draw, parts, controls),
            Drawing(measuring.redraw, [*lost, wanted], [ahead, of, who, measured]),
        ),
    )


def show_explanation(
    service: Service,
    ticker: str | None,
    ahead: int,
    of: ForecastPart = "level",
    date: str | None = None,
    who: str = "",
) -> ExplainView:
    """What the page shows for these controls; what is in the way of it stands in the notice."""

    def answer() -> ExplainView:
        if not ticker or not ticker.strip():
            raise InvalidInput("Choose a ticker, or type one.")
        told = service.explanations.tell(
            ticker, horizon=int(ahead), of=of, date=read_day(AS_OF, date), version=who or None, field=AS_OF
        )
        return _show(told, markup.steps(told.horizon, service.experiment.task.frequency))

    return guard(service, "This explanation", answer, ExplainView)


def _show(told: Explained, ahead: str) -> ExplainView:
    priced, moved = told.target == "return", told.moved
    proven = not told.unproven
    bars = draw_moved(moved, priced=priced, proven=proven)
    heat = draw_heat(moved, priced=priced, proven=proven)
    about = f"{ABOUT[moved.of]} {ahead.capitalize()} ahead, as of {told.as_of:%d %b %Y}, by version {told.version}."
    nothing = "" if bars else " Nothing moves it: it says the same of every day."
    unproven = (
        "" if told.in_sample else _sentence(told.unproven)
    )  # of a day that was learned from a note says so
    notes = " ".join(filter(None, (unproven, *told.notes)))
    sides = (
        "Blue pushes up, orange down" if proven else "The darker, the more it moved the number, up or down"
    )
    when = f"{sides}; the last session stands on the right."
    return ExplainView(
        notice=markup.notice(notes) if notes else "",
        lead=markup.lead(f"What moved {told.ticker}", about + nothing),
        bars=bars,
        when=markup.lead("When", when) if heat else "",
        heat=heat,
        table=_table(told, priced=priced) if bars else "",
        looked=markup.lead(words.HEADINGS["looked"], tell_attention(told)),
        attention=draw_attention(told.attention, proven=proven) if told.attention else None,
        others=f'<div class="cc-stack">{show_alike(told, priced=priced)}{show_turning(told, priced=priced)}</div>',
    )


def _sentence(text: str) -> str:
    return f"{markup.begin(text)}." if text else ""


def _table(told: Explained, *, priced: bool) -> str:
    """The same as numbers, what they come to together, and who in the model agrees."""
    moved, several = told.moved, told.moved.members > 1
    pieces = select(moved)
    rows = [_row(one, moved, priced=priced) for one in pieces.shown]
    blank = [""] * (3 if several else 2)
    if pieces.others:
        rest = markup.typeset(tell_amount(pieces.rest, moved.of, priced=priced))
        rows.append([Cell(markup.begin(pieces.words)), rest, *blank])
    base, whole = (
        markup.typeset(tell_end(value, moved.of, priced=priced)) for value in (moved.base, moved.forecast)
    )
    rows.append([Cell(markup.begin(words.BASE)), base, *blank])
    rows.append([Cell("The forecast", _form(moved, priced=priced)), whole, *blank])
    about = "Up and down are told apart over the sessions of the window, so that they do not cancel. " + (
        f"The model has {moved.members} members: how many of them push the same way."
        if several
        else "The model has one member: nobody else to agree."
    )
    table = markup.table(_head(moved), rows) + _unfolded(pieces, moved, priced=priced)
    return markup.panel("In numbers", about, table)


def _head(moved: Moved) -> tuple[str, ...]:
    return ("Moved by", "Adds", "Up", "Down", *(("Members agree",) if moved.members > 1 else ()))


def _form(moved: Moved, *, priced: bool) -> str:
    if moved.of == "scale":
        return "one deviation"
    return "as a log return" if priced else ""


def _row(one: Piece, moved: Moved, *, priced: bool) -> list[Cell | str]:
    adds, up, down = (
        markup.typeset(tell_amount(value, moved.of, priced=priced)) for value in (one.share, one.up, one.down)
    )
    agree = f"{one.agreeing} of {moved.members}" if one.agreeing is not None else ""
    return [
        Cell(one.words),
        Cell(adds, look=markup.direction(one.share)),
        up,
        down,
        *([agree] if moved.members > 1 else []),
    ]


def _unfolded(pieces: ToldPieces, moved: Moved, *, priced: bool) -> str:
    """All others, one by one, for whoever asks for them."""
    others = [one for one in moved.pieces if one.share and one not in pieces.shown]
    if not others:
        return ""
    rows = [_row(one, moved, priced=priced) for one in others]
    return markup.folded(f"{markup.begin(pieces.words)}, one by one", markup.table(_head(moved), rows))


TAB = Tab("Explain", place=3, build=build)
