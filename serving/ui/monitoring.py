"""Tab: whether what a forecast rests on still holds: how near each check came to an alarm, the alarms that go on, and
everything that was looked at."""

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from ml_core.monitoring.record import Breach
from serving.door.access import Access
from serving.figures.monitoring import draw_distances, tell_subject
from serving.look import markup
from serving.look.markup import Cell
from serving.service import Service
from serving.ui._drawing import lay_parts
from serving.ui._gauges import show_check
from serving.ui._guard import guard
from serving.ui._tab import Drawing, Parts, Tab

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EVERY = 1.5  # seconds between two looks at whether a run has ended
NEAR = (
    "Of each check the finding that was nearest to its alarm, session by session. At the dotted line as much was found "
    "as is allowed; a cross is an alarm."
)


class MonitoringView(NamedTuple):
    """The parts of the page; an empty part is not shown."""

    notice: str
    about: str = ""
    distances: "Figure | None" = None
    alarms: str = ""
    looks: str = ""


def build(service: Service, access: Access) -> Parts:
    """How near it came to an alarm, the alarms, what a person may say of them, and below everything that was looked at;
    drawn anew when it is opened."""
    import gradio as gr

    from serving.ui._looking import Looking

    looking = Looking(service, access)
    look = gr.Button("Look now", scale=0, min_width=140, elem_id="look-now")
    *fields, last = MonitoringView._fields
    above = lay_parts(fields, ("distances",), tab="monitoring")
    with gr.Row(visible=False) as answers:
        which = gr.Dropdown([], label="Alarm", scale=3, elem_id="alarm")
        known = gr.Button("I know of it", scale=1, elem_id="know")
        quiet = gr.Button("Mute it", scale=1, elem_id="mute")
    begun, timer = gr.State(""), gr.Timer(EVERY, active=False)
    parts = [*above, *lay_parts([last], (), tab="monitoring"), which, answers]
    quietly: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    known.click(looking.know, inputs=[which], outputs=parts, api_visibility="private")
    quiet.click(looking.silence, inputs=[which], outputs=parts, api_visibility="private")
    look.click(looking.begin, outputs=[begun, timer, look, above[0]], **quietly)
    timer.tick(looking.wait, inputs=[begun], outputs=[timer, look, *parts], trigger_mode="once", **quietly)
    return Parts(drawn=(Drawing(looking.redraw, parts),))


def show_monitoring(service: Service) -> MonitoringView:
    """What was found at the last look."""

    def answer() -> MonitoringView:
        looks = service.record().looks()
        if looks.is_empty():
            command = service.spell_out(f"run: candorcast monitor {service.experiment.name}")
            return MonitoringView(markup.notice(f"Nothing was looked at yet; look now, or {command}"))
        last = looks.filter(pl.col("session") == looks["session"].max())
        checks = last["check"].unique().sort().to_list()
        panels = "".join(
            show_check(name, last.filter(check=name), looks.filter(check=name)) for name in checks
        )
        return MonitoringView(
            notice="",
            about=markup.lead("How near to an alarm", NEAR),
            distances=draw_distances(looks),
            alarms=_alarms(going_on(service), last),
            looks=f'<div class="cc-stack">{panels}</div>',
        )

    return guard(service, "What was looked at", answer, MonitoringView)


def tell_alarms(service: Service) -> str:
    """How many alarms wait for somebody, and the first of them; nothing where none does."""
    waiting = [one for one in going_on(service) if one.waits]
    if not waiting:
        return ""
    many = "1 alarm waits" if len(waiting) == 1 else f"{len(waiting)} alarms wait"
    return f"{many} under Monitoring: {waiting[0].told}."


def going_on(service: Service) -> list[Breach]:
    return [one for one in service.record().breaches() if one.over is None]


def _alarms(breaches: list[Breach], last: pl.DataFrame) -> str:
    waiting = [one for one in breaches if one.waits]
    session: dt.date = last["session"][0]
    cards = markup.cards(
        [
            ("Looked at", f"{session:%a %d %b}", f"{session:%Y}, {last.height} things", ""),
            ("Alarms", str(len(waiting)), "that nobody has answered", "cc-down" if waiting else "cc-pass"),
            ("Known", str(len(breaches) - len(waiting)), "go on, acknowledged or muted", ""),
        ]
    )
    rows = [
        [
            Cell(markup.begin(one.check), tell_subject(one.check, one.subject)),
            f"{one.began:%d %b %Y}",
            Cell(one.state, look="cc-refuse" if one.waits else ""),
            one.told,
            one.remedy or "a person",
        ]
        for one in breaches
    ]
    about = "What does not hold now, since when, and what helps."
    table = markup.table(("What", "Since", "State", "Why", "Helps"), rows, text=(3,))
    inner = table if rows else markup.small("Everything that was looked at holds.")
    return f'<div class="cc-stack">{cards}{markup.panel("Alarms", about, inner)}</div>'


TAB = Tab("Monitoring", place=7, build=build, acts=True)
