"""What the tab Forecast does about a ticker that is typed and of which the store lacks the newest session: the visitor
sees at once that it is being fetched, and nobody else is kept waiting."""

import json
import time
from typing import Any, TypeAlias

import gradio as gr
from gradio import Request

from serving.door.access import Access, refuse
from serving.look import markup
from serving.service import Service
from serving.ui._acting import require
from serving.ui._guard import guard
from serving.ui.forecast import ForecastView, show_forecast

AT_ONCE = 4  # visitors who wait for a ticker at the same time: in places of their own, beside those that draw
LASTS = 60.0  # seconds for which a refusal stands before the same ticker is tried again

Brought: TypeAlias = tuple[str, str, float]  # a ticker that was fetched, why it could not be, and when


class Fetching:
    """`redraw` names beside the parts of the tab the ticker that is to be fetched, `bring` fetches it, and what that
    gives draws the tab again."""

    def __init__(self, service: Service, access: Access) -> None:
        self._service, self._access = service, access

    def redraw(
        self, ticker: str | None, ahead: int, days: int, date: str | None, who: str, before: bool,
        brought: Brought | None, request: Request,
    ) -> list[Any]:  # fmt: skip
        missing, notice = self._look(ticker, brought, request)
        view = (
            ForecastView(notice)
            if notice
            else show_forecast(self._service, ticker, ahead, days, date, who, before)
        )
        # As one text: whenever anything happens Gradio copies each value of the page, part by part.
        chart = json.dumps(view.chart) if view.chart else None
        return [
            *(gr.update(value=part or None, visible=bool(part)) for part in view._replace(chart=chart)),
            missing,
        ]

    def bring(self, missing: str, request: Request) -> tuple[Any, str]:
        """What came of it, and that nothing is to be fetched any more."""
        if not missing:
            return gr.skip(), ""

        def fetch() -> str:
            require(self._access, request, "run")
            self._service.strangers.fetch(missing)
            return ""

        notice = guard(self._service, f"A forecast of {missing}", fetch, str)
        return (missing, notice, time.time()), ""

    def _look(self, ticker: str | None, brought: Brought | None, request: Request) -> tuple[str, str]:
        """Which ticker is to be fetched, and what stands in place of a forecast until it is there."""

        def find() -> str:
            return self._service.strangers.find_missing(ticker or "") or ""

        missing = guard(self._service, "This forecast", find, lambda _why: "")
        if not missing:
            return "", ""
        if brought and brought[0] == missing and time.time() < brought[2] + LASTS:
            return "", brought[1]
        visitor = self._access.logged_in(request.username)
        if visitor is None or not visitor.may("run"):
            told = f"The newest bars of {missing} are not stored: {refuse(visitor, 'run')}."
            return "", markup.notice(told)
        source = self._service.order.source.name
        return missing, markup.going(
            f"{missing} is being fetched from {source} and checked; this takes a few seconds."
        )
