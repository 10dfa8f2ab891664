"""What the tab Explain does while it is measured what the model would lose without an input: the visitor sees at once
that it is, reads the rest of the tab meanwhile, and nobody else is kept waiting."""

from __future__ import annotations

import time
from typing import Any, TypeAlias

import gradio as gr

from ml_core.explain.attribution import ForecastPart
from serving.look import markup
from serving.service import Service
from serving.ui._drawing import fill_parts
from serving.ui._guard import guard
from serving.ui._lost import Lost, show_importance, tell_instead

AT_ONCE = (
    4  # visitors who wait for a measurement at the same time: in places of their own, beside those that draw
)
WHAT = "What would be lost without an input"

Wanted: TypeAlias = tuple[str, int]  # a version, and how far ahead
LastMeasured: TypeAlias = tuple[Wanted, str, float]  # of which, why it could not be, and when

OPENING = tell_instead(markup.going("It is looked up, or measured where it is not known yet."))
GOING = tell_instead(
    markup.going(
        "It is being measured on the holdout, without each input in turn. The first time this may take a minute; "
        "then it is kept. All that stands above can be read meanwhile."
    )
)


class Measuring:
    """`redraw` names beside the parts what is to be measured, `measure` does it, and what that gives draws the parts
    again."""

    def __init__(self, service: Service) -> None:
        self._service, self._surveys = service, service.explanations.surveys

    def redraw(self, ahead: int, of: ForecastPart, who: str, measured: LastMeasured | None) -> list[Any]:
        shown, wanted = guard(
            self._service,
            WHAT,
            lambda: self._look(int(ahead), of, who, measured),
            lambda why: (tell_instead(why), None),
        )
        return [*fill_parts(shown), wanted]

    def measure(self, wanted: Wanted | None) -> tuple[Any, None]:
        """What came of it, and that nothing is to be measured any more."""
        if wanted is None:
            return gr.skip(), None

        def find() -> str:
            self._surveys.importance(*wanted)
            return ""

        return (wanted, guard(self._service, WHAT, find, str), time.time()), None

    def _look(
        self, ahead: int, of: ForecastPart, who: str, measured: LastMeasured | None
    ) -> tuple[Lost, Wanted | None]:
        version, known = self._surveys.kept(who or None, ahead)
        wanted = (version, ahead)
        if known:
            return show_importance(known, of), None
        if measured and measured[0] == wanted and measured[1]:
            return tell_instead(measured[1]), None
        return GOING, wanted
