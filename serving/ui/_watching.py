"""What the buttons of the Runs tab do, each time for whoever presses it, and what the tab shows then."""

import datetime as dt
from typing import Any

import gradio as gr
from gradio import Request

from serving.door.access import Access
from serving.runs.run import Run
from serving.service import Service
from serving.starting import start_run
from serving.ui._acting import may, require, tell_refused
from serving.ui._asking import LABELS, read_request
from serving.ui._drawing import fill_parts
from serving.ui._guard import guard
from serving.ui._runs import label, show_table
from serving.ui.runs import list_runs, show_one, show_runs

ANSWER = 1  # its place among what is drawn: the first part after the mark of the picture
REDRAWN = 10  # seconds after which the bar of a run that goes on has grown


class Watching:
    """Each answer fills all that the tab shows: the mark of the picture, its parts, and whether the buttons work."""

    def __init__(self, service: Service, access: Access) -> None:
        self._service, self._access = service, access

    def look(self, before: str, chosen: str | None, request: Request) -> list[Any]:
        return self._redraw(before, chosen, request)

    def look_again(self, before: str, chosen: str | None, request: Request) -> list[Any]:
        """Nobody asked for it: what the last press of a button came to is left to be read."""
        updates = self._redraw(before, chosen, request)
        updates[ANSWER] = gr.skip()
        return updates

    def begin(
        self, before: str, chosen: str | None, verb: str, as_of: str | None, trials: float | None, afresh: bool,
        always: bool, version: str | None, dates: float | None, request: Request,
    ) -> list[Any]:  # fmt: skip
        """Start what is asked for; it is shown then."""

        def start() -> Run:
            visitor = require(self._access, request, "run")
            asked = read_request(verb, as_of, trials, afresh, always, version, dates)
            return start_run(self._service, asked, by=visitor.name, names=LABELS)

        begun = guard(self._service, "This run", start, str)
        name, answer = (begun.id, "") if isinstance(begun, Run) else (None, begun)
        return self._redraw(before, chosen, request, answer, name)

    def end(self, before: str, chosen: str | None, request: Request) -> list[Any]:
        """Ask the run that is chosen to end."""

        def stop() -> str:
            self._service.desk.cancel(chosen or "", by=require(self._access, request, "run").name)
            return ""

        return self._redraw(before, chosen, request, guard(self._service, "This run", stop, str))

    def _redraw(
        self, before: str, given: str | None, request: Request, answer: str = "", begun: str | None = None
    ) -> list[Any]:
        """`given` is what stood in the choice of a run when this was asked. It is set only to a run that has just
        begun, or to the newest where none was chosen: meanwhile somebody may have chosen another."""
        now, acts = dt.datetime.now(dt.UTC), may(self._access, request, "run")
        told, notice = list_runs(self._service, tell_refused(self._access, request, "run"))
        chosen = begun or given or next((run.id for run in told.runs), None)
        choices = [(label(run), run.id) for run in told.runs]
        going = [run.id for run in told.runs if run.going]
        grown = f"{now.timestamp() // REDRAWN}" if going else ""
        drawing = " ".join([grown, *(f"{run.id} {run.state}" for run in told.runs)])
        updates = fill_parts(show_runs(told, now, notice, answer))
        if drawing == before:  # the same picture again would only flicker
            updates[-1] = gr.skip()
        return [
            drawing,
            *updates,
            gr.update(visible=bool(told.runs)),
            gr.update(choices=choices) if chosen == given else gr.update(choices=choices, value=chosen),
            gr.update(interactive=acts and chosen in going),
            *fill_parts([show_one(self._service, chosen, now), show_table(told, now)]),
            gr.Timer(active=bool(going)),
            gr.update(interactive=acts),
        ]
