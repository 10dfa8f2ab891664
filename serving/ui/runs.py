"""Tab: the experiment's runs: start one, watch it, read its log, end it."""

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from serving.door.access import Access
from serving.figures.runs import draw_runs
from serving.look import markup
from serving.runs.request import KINDS, VERBS
from serving.runs.run import Runs
from serving.service import Service
from serving.ui._asking import fit_parameters, lay_parameters
from serving.ui._drawing import lay_parts
from serving.ui._guard import guard
from serving.ui._runs import show_run, show_state
from serving.ui._tab import Drawing, Parts, Tab

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EVERY = 1.5  # seconds between two looks at a run that goes on
TIMES = "Each bar is a run from its start to its end, with a sign for how it ended; times are UTC."
NONE = "Nothing was run from here yet. Choose above what is to be done, and start it."


class RunsView(NamedTuple):
    """The parts below the buttons; an empty part is not shown. `answer` is what the last press of a button came to."""

    answer: str
    notice: str
    cards: str = ""
    about: str = ""
    timeline: "Figure | None" = None


def build(service: Service, access: Access) -> Parts:
    """Above what is to be done, below what was; a run that goes on is looked at again and again."""
    import gradio as gr

    from serving.ui._watching import Watching

    watching = Watching(service, access)
    choices = [(verb.capitalize(), verb) for verb in VERBS]
    verb = gr.Radio(choices, value=VERBS[0], label="What is to be done", elem_id="runs-verb")
    does = gr.HTML(markup.small(KINDS[VERBS[0]].does), elem_id="runs-does")
    asked = lay_parameters()
    start = gr.Button("Start it", variant="primary", scale=0, min_width=140, elem_id="runs-start")
    parts = lay_parts(RunsView._fields, ("timeline",), tab="runs")
    with gr.Row(visible=False, equal_height=True) as choosing:
        which = gr.Dropdown(
            [], label="Run", allow_custom_value=True, scale=3, min_width=260, elem_id="runs-which"
        )
        cancel = gr.Button("Cancel it", scale=0, min_width=140, elem_id="runs-cancel")
    one, every = gr.HTML(visible=False, elem_id="runs-one"), gr.HTML(visible=False, elem_id="runs-table")
    timer, drawn = gr.Timer(EVERY, active=False), gr.State("")
    outputs = [drawn, *parts, choosing, which, cancel, one, every, timer, start]

    watched: dict[str, Any] = {
        "outputs": outputs, "trigger_mode": "once", "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    gr.on([timer.tick], watching.look_again, inputs=[drawn, which], **watched)
    gr.on([start.click], watching.begin, inputs=[drawn, which, verb, *asked], **watched)
    gr.on([cancel.click], watching.end, inputs=[drawn, which], **watched)
    verb.change(fit_parameters, [verb], [does, *asked], api_visibility="private", show_progress="hidden")
    return Parts(controls={"run": which}, drawn=(Drawing(watching.look, outputs, [which], [drawn]),))


def list_runs(service: Service, notice: str) -> tuple[Runs, str]:
    """Runs, and what is in the way of telling them all, below what is to be said anyway."""

    def read() -> tuple[Runs, str]:
        told = service.desk.runs()
        return told, notice + "".join(markup.notice(note) for note in told.notes)

    return guard(service, "The runs", read, lambda why: (Runs(runs=[], notes=[]), notice + why))


def show_runs(told: Runs, now: dt.datetime, notice: str = "", answer: str = "") -> RunsView:
    if not told.runs:
        return RunsView(answer, notice or markup.notice(NONE))
    about = markup.lead("What was done when", TIMES)
    return RunsView(answer, notice, show_state(told.runs, now), about, draw_runs(told.runs, now))


def show_one(service: Service, name: str | None, now: dt.datetime) -> str:
    """The run that is chosen, with its log."""
    if not name:
        return ""
    return guard(service, "This run", lambda: show_run(service.desk.find(name), now), str)


TAB = Tab("Runs", place=8, build=build, acts=True)
