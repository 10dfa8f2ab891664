"""Tab: whether what a forecast rests on still holds: the alarms that go on, and how far each thing that is looked at is
from one."""

import datetime as dt
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

import polars as pl

from ml_core.errors import InvalidInput
from ml_core.monitoring.record import Breach
from serving.door.access import Access
from serving.look import markup
from serving.look.markup import Cell
from serving.service import Service
from serving.ui._acting import require
from serving.ui._guard import guard
from serving.ui._tab import Drawing, Parts, Tab

SHOWN = 8  # of each check, those that are nearest to an alarm
SESSIONS = 60  # of the line that shows how the nearest came there
WIDTH, HEIGHT, SPARK = 200, 14, 80
TEXT = ' class="cc-text"'
LIMIT = 0.7  # where along a bar what is allowed lies


class MonitoringView(NamedTuple):
    """The parts of the page; an empty part is not shown."""

    notice: str
    alarms: str = ""
    looks: str = ""


def build(service: Service, access: Access) -> Parts:
    """Alarms, what a person may say of them, and below everything that was looked at; drawn anew when it is opened."""
    import gradio as gr

    notice, alarms = gr.HTML(visible=False), gr.HTML(elem_id="alarms")
    with gr.Row(visible=False) as answers:
        which = gr.Dropdown([], label="Alarm", scale=3, elem_id="alarm")
        known = gr.Button("I know of it", scale=1, elem_id="know")
        quiet = gr.Button("Mute it", scale=1, elem_id="mute")
    looks = gr.HTML(elem_id="looks")
    parts = [notice, alarms, looks, which, answers]

    def redraw() -> list[Any]:
        shown = show_monitoring(service)
        open_ones = [(f"{one.check}: {one.subject}", one.id) for one in _going_on(service)]
        updates = [gr.update(value=part or None, visible=bool(part)) for part in shown]
        return [*updates, gr.update(choices=open_ones, value=None), gr.update(visible=bool(open_ones))]

    def know(number: int | None, request: gr.Request) -> list[Any]:
        return _after(service, number, redraw, lambda: require(access, request, "run"))

    def silence(number: int | None, request: gr.Request) -> list[Any]:
        return _after(service, number, redraw, lambda: require(access, request, "run"), muted=True)

    known.click(know, inputs=[which], outputs=parts, api_visibility="private")
    quiet.click(silence, inputs=[which], outputs=parts, api_visibility="private")
    return Parts(drawn=(Drawing(redraw, parts),))


def show_monitoring(service: Service) -> MonitoringView:
    """What was found at the last look."""

    def answer() -> MonitoringView:
        looks = service.record().looks()
        if looks.is_empty():
            command = service.spell_out(f"run: candorcast monitor {service.experiment.name}")
            return MonitoringView(markup.notice(f"Nothing was looked at yet; {command}"))
        last = looks.filter(pl.col("session") == looks["session"].max())
        checks = last["check"].unique().sort().to_list()
        panels = "".join(_check(name, last.filter(check=name), looks.filter(check=name)) for name in checks)
        return MonitoringView("", _alarms(_going_on(service), last), f'<div class="cc-stack">{panels}</div>')

    return guard(service, "What was looked at", answer, MonitoringView)


def _after(
    service: Service,
    number: int | None,
    redraw: Callable[[], list[Any]],
    ask: Callable[[], object],
    *,
    muted: bool = False,
) -> list[Any]:
    """The page after that was said by somebody who may, which `ask` tells; what is in the way stands in the notice."""
    import gradio as gr

    def answer() -> str:
        ask()
        if number is None:
            raise InvalidInput("Choose an alarm first.")
        service.answer_alarm(int(number), muted=muted)
        return ""

    told = guard(service, "This alarm", answer, str)
    notice, *others = redraw()
    return [gr.update(value=told, visible=True) if told else notice, *others]


def tell_alarms(service: Service) -> str:
    """How many alarms wait for somebody, and the first of them; nothing where none does."""
    waiting = [one for one in _going_on(service) if one.waits]
    if not waiting:
        return ""
    many = "1 alarm waits" if len(waiting) == 1 else f"{len(waiting)} alarms wait"
    return f"{many} under Monitoring: {waiting[0].told}."


def _going_on(service: Service) -> list[Breach]:
    return [one for one in service.record().breaches() if one.over is None]


def _alarms(going_on: list[Breach], last: pl.DataFrame) -> str:
    waiting = [one for one in going_on if one.waits]
    session: dt.date = last["session"][0]
    cards = markup.cards(
        [
            ("Looked at", f"{session:%a %d %b}", f"{session:%Y}, {last.height} things", ""),
            ("Alarms", str(len(waiting)), "that nobody has answered", "cc-down" if waiting else "cc-pass"),
            ("Known", str(len(going_on) - len(waiting)), "go on, acknowledged or muted", ""),
        ]
    )
    rows = [
        [
            Cell(markup.begin(one.check), one.subject),
            f"{one.began:%d %b %Y}",
            Cell(one.state, look="cc-refuse" if one.waits else ""),
            one.told,
            one.remedy or "a person",
        ]
        for one in going_on
    ]
    about = "What does not hold now, since when, and what helps."
    table = markup.table(("What", "Since", "State", "Why", "Helps"), rows, text=(3,))
    inner = table if rows else markup.small("Everything that was looked at holds.")
    return f'<div class="cc-stack">{cards}{markup.panel("Alarms", about, inner)}</div>'


def _check(name: str, last: pl.DataFrame, all_looks: pl.DataFrame) -> str:
    """The findings of one check, nearest to an alarm first, each as a bar beside what is allowed."""
    near = last.sort((pl.col("value") / pl.col("allowed")), descending=True, nulls_last=True)
    rows = "".join(_finding(row, all_looks) for row in near.head(SHOWN).iter_rows(named=True))
    more = near.height - SHOWN
    below = markup.small(f"{more} more are farther from an alarm.") if more > 0 else ""
    told = ("What", "Beside what is allowed", "Lately", "Found")
    head = "".join(f'<th scope="col"{TEXT if one == "Found" else ""}>{one}</th>' for one in told)
    inner = f'<table class="cc"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return markup.panel(markup.begin(name), "", markup.scrolled(inner) + below)


def _finding(row: dict[str, Any], looks: pl.DataFrame) -> str:
    share = row["value"] / row["allowed"] if row["allowed"] else 0.0
    over = row["value"] > row["allowed"]
    spent = looks.filter(pl.col("subject") == row["subject"]).tail(SESSIONS)
    cells = (
        f"<td>{escape(row['subject'])}</td>",
        f"<td>{_bar(share, over=over)}</td>",
        f"<td>{_line((spent['value'] / spent['allowed']).to_list())}</td>",
        f'<td class="cc-text">{escape(row["told"])}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _bar(share: float, *, over: bool) -> str:
    """What was found as a bar; a line stands where the alarm is."""
    long, limit = min(max(share, 0.0) * LIMIT, 1.0) * WIDTH, LIMIT * WIDTH
    told = f"{share:.0%} of what is allowed{', an alarm' if over else ''}"
    return (
        f'<svg class="cc-gauge{" over" if over else ""}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="{told}"><rect y="3" width="{long:.1f}" height="8" rx="4"/>'
        f'<line x1="{limit}" x2="{limit}" y1="0" y2="{HEIGHT}"/></svg>'
    )


def _line(shares: list[float | None]) -> str:
    """How it came there, session by session, on the same scale."""
    known = [min(max(one, 0.0) * LIMIT, 1.0) for one in shares if one is not None]
    if len(known) < 2:
        return ""
    step = SPARK / (len(known) - 1)
    points = " ".join(f"{place * step:.1f},{HEIGHT * (1 - one):.1f}" for place, one in enumerate(known))
    size = f'viewBox="0 0 {SPARK} {HEIGHT}" width="{SPARK}" height="{HEIGHT}"'
    return f'<svg class="cc-spark" {size} aria-hidden="true"><polyline points="{points}"/></svg>'


TAB = Tab("Monitoring", place=7, build=build, acts=True)
