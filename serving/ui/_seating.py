"""Makes another version champion from the page: what would come of it is told first, and done when it is confirmed."""

from typing import Any

import gradio as gr
from gradio import Request

from ml_core.errors import InvalidInput
from ml_core.registry.by_hand import SeatChange, Seated
from serving.door.access import Access
from serving.look import markup
from serving.rest.bodies import LONGEST, SHORTEST
from serving.service import Service
from serving.ui._acting import may, require, tell_refused
from serving.ui._guard import guard
from serving.ui._tab import Drawing

EARLIER = ("The last earlier one that passed the gate", "")


def lay_seating(service: Service, access: Access) -> tuple[Drawing, Any]:
    """The controls, drawn when the tab is opened; and what changes whenever somebody has sat down."""
    hands, moved, looked = Hands(service, access), gr.State(0), gr.State("")
    with gr.Accordion("Make another version champion", open=False, elem_id="seat"):
        held = gr.HTML(visible=False, elem_id="seat-held")
        version, *_ = given = _lay_fields()
        ask = gr.Button("Look what would come of it", scale=0, min_width=220, elem_id="seat-ask")
        told = gr.HTML(visible=False, elem_id="seat-told")
        with gr.Row(visible=False) as confirming:
            yes = gr.Button("Yes, make it champion", variant="primary", min_width=180, elem_id="seat-yes")
            no = gr.Button("No", min_width=100, elem_id="seat-no")
    quiet: dict[str, Any] = {"api_visibility": "private", "trigger_mode": "once"}
    ask.click(hands.consider, given, [told, confirming, yes, looked], **quiet)
    yes.click(hands.move, [looked, *given[1:], moved], [told, confirming, moved], **quiet)
    gr.on([no.click, *(one.input for one in given)], _think_again, outputs=[told, confirming], **quiet)
    return Drawing(hands.open, [held, version, ask], [moved], [version]), moved


class Hands:
    """What the buttons do, each time for whoever presses it."""

    def __init__(self, service: Service, access: Access) -> None:
        self._service, self._access = service, access

    def open(self, chosen: str, _moved: int, request: Request) -> list[Any]:
        """Whom one may choose, and whether one may."""
        refused, choices = tell_refused(self._access, request, "admin"), [EARLIER, *self._choices()]
        known = chosen if chosen in [value for _, value in choices] else EARLIER[1]
        return [
            gr.update(value=refused or None, visible=bool(refused)),
            gr.update(choices=choices, value=known),
            gr.update(interactive=may(self._access, request, "admin")),
        ]

    def consider(self, chosen: str, why: str, forced: bool, request: Request) -> list[Any]:
        """What would come of it; only then can it be confirmed, and what is confirmed is the version that was looked
        at, also where none was named and another would be found by then."""

        def look() -> Seated:
            return self._service.seats.consider(self._read(request, chosen, why, forced))

        outcome = guard(self._service, "What would come of it", look, str)
        if not isinstance(outcome, Seated):
            return [gr.update(value=outcome, visible=True), gr.update(visible=False), gr.skip(), ""]
        confirm = gr.update(value=f"Yes, make version {outcome.version} champion")
        told = gr.update(value=tell_considered(outcome), visible=True)
        return [told, gr.update(visible=True), confirm, outcome.version]

    def move(self, looked: str, why: str, forced: bool, moved: int, request: Request) -> list[Any]:
        """As it was confirmed; all is checked again, for much may have happened since."""

        def do() -> Seated:
            if not looked:
                raise InvalidInput("Look first what would come of it")
            return self._service.seats.seat(self._read(request, looked, why, forced))

        outcome = guard(self._service, "The move", do, str)
        if not isinstance(outcome, Seated):
            return [gr.update(value=outcome, visible=True), gr.update(visible=False), moved]
        notice = markup.notice(f"Version {outcome.version} is champion now.")
        return [gr.update(value=notice, visible=True), gr.update(visible=False), moved + 1]

    def _read(self, request: Request, chosen: str, why: str, forced: bool) -> SeatChange:
        visitor, reason = require(self._access, request, "admin"), " ".join(why.split())
        if not SHORTEST <= len(reason) <= LONGEST:
            raise InvalidInput(f"Why: expected a reason of {SHORTEST} to {LONGEST} characters")
        return SeatChange(chosen or None, forced, by=visitor.name, reason=reason)

    def _choices(self) -> list[tuple[str, str]]:
        """All but the champion, with what the gate said."""

        def read() -> list[tuple[str, str]]:
            return [
                (f"Version {one.version}, {_verdict(one.evidence.gate.told_refused)}", one.version)
                for one in self._service.lineup().versions
                if "champion" not in one.aliases
            ]

        return guard(self._service, "The versions", read, lambda _: [])


def tell_considered(found: Seated) -> str:
    """Who gets up and who sits down, and what speaks against it."""
    left = f"instead of version {found.left}" if found.left else "where nobody sits now"
    against = f" It {found.against}: it will be marked as forced for ever." if found.against else ""
    return markup.notice(
        f"Version {found.version} would be champion {left}, from the newest session on.{against}"
    )


def _lay_fields() -> list[Any]:
    with gr.Row():
        version = gr.Dropdown(
            [EARLIER], value=EARLIER[1], label="Version", min_width=260, elem_id="seat-version"
        )
        reason = gr.Textbox(
            label="Why",
            max_length=LONGEST,
            placeholder="It stands beside the move for ever",
            min_width=260,
            elem_id="seat-reason",
        )
    forced = gr.Checkbox(
        False, label="Even if the gate refused it; it is marked for ever", elem_id="seat-force"
    )
    return [version, reason, forced]


def _think_again() -> list[Any]:
    """What was confirmed is what is to be done: another choice is looked at anew."""
    return [gr.update(value=None, visible=False), gr.update(visible=False)]


def _verdict(refused: str) -> str:
    return f"refused: {refused}" if refused else "passed the gate"
