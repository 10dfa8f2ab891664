"""What the buttons of the Monitoring tab do, each time for whoever presses it, and what the tab shows then."""

from typing import Any

import gradio as gr
from gradio import Request

from ml_core.errors import InvalidInput
from serving.door.access import Access
from serving.look import markup
from serving.runs.request import RunRequest
from serving.runs.run import Run, RunLog
from serving.service import Service
from serving.ui._acting import require
from serving.ui._drawing import fill_parts
from serving.ui._guard import guard
from serving.ui.monitoring import going_on, show_monitoring

GOES_ON = "A look goes on; the tab Runs has its log."
DONE = ("completed", "partial")  # an alarm that nobody has answered makes it partial


class Looking:
    def __init__(self, service: Service, access: Access) -> None:
        self._service, self._access = service, access

    def redraw(self, notice: str = "") -> list[Any]:
        """Every part, with what is to be said first; then the alarms that can be answered."""
        shown = show_monitoring(self._service)
        open_ones = [(f"{one.check}: {one.subject}", one.id) for one in going_on(self._service)]
        parts = fill_parts(shown._replace(notice=notice or shown.notice))
        return [*parts, gr.update(choices=open_ones, value=None), gr.update(visible=bool(open_ones))]

    def know(self, number: int | None, request: Request) -> list[Any]:
        return self._answer(number, request)

    def silence(self, number: int | None, request: Request) -> list[Any]:
        return self._answer(number, request, muted=True)

    def begin(self, request: Request) -> list[Any]:
        """Start a look; the button waits until it has ended."""

        def start() -> Run | str:
            visitor = require(self._access, request, "run")
            return self._service.desk.start(RunRequest.model_validate({"verb": "monitor"}), by=visitor.name)

        begun = guard(self._service, "This look", start, str)
        going = isinstance(begun, Run)
        notice = markup.going(GOES_ON) if going else begun
        return [
            begun.id if going else "",
            gr.Timer(active=going),
            gr.update(interactive=not going),
            gr.update(value=notice, visible=True),
        ]

    def wait(self, begun: str) -> Any:
        """Nothing new while it goes on; then what it found, or why it found nothing."""

        def find() -> RunLog | str:
            return self._service.desk.find(begun)

        run = guard(self._service, "This look", find, str)
        if isinstance(run, RunLog) and run.going:
            return gr.skip()
        return [gr.Timer(active=False), gr.update(interactive=True), *self.redraw(_tell_end(run))]

    def _answer(self, number: int | None, request: Request, *, muted: bool = False) -> list[Any]:
        """Somebody who may has said that of an alarm; what is in the way stands in the notice."""

        def answer() -> str:
            require(self._access, request, "run")
            if number is None:
                raise InvalidInput("Choose an alarm first.")
            self._service.answer_alarm(int(number), muted=muted)
            return ""

        return self.redraw(guard(self._service, "This alarm", answer, str))


def _tell_end(run: RunLog | str) -> str:
    """Nothing of one that has looked."""
    if isinstance(run, str):
        return run
    return (
        ""
        if run.state in DONE
        else markup.notice(f"The look {run.state}: {run.told}; the tab Runs has its log.")
    )
