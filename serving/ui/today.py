"""Tab: every ticker of the newest session on one board. What a person opens in the morning."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple, TypeAlias

from serving.board import Board
from serving.look import markup
from serving.service import Service
from serving.ui._board import show_board
from serving.ui._guard import guard
from serving.ui._order import list_orders, sort_rows
from serving.ui._seats import choose_seat
from serving.ui._tab import Parts, Tab
from serving.ui.monitoring import tell_alarms

EVERY = "Every sector"
OLD = "\N{BLACK CIRCLE}"
Card: TypeAlias = tuple[str, str, str, str]
# A click on a ticker of the board is passed on with its name, one on the head of a column with the order that it asks
# for. The board is written anew then: who sorts by the keys stays on that head.
OPEN = """let sorting = '';
element.addEventListener('click', event => {
  const chosen = event.target.closest('[data-ticker]'), head = event.target.closest('[data-sort]');
  if (chosen) trigger('select', {ticker: chosen.dataset.ticker});
  if (!head) return;
  sorting = head.dataset.column;
  window.candorcastSorted = head.dataset.sort;
  trigger('apply');
});
watch('value', () => requestAnimationFrame(() => {
  if (sorting) element.querySelector(`[data-column=${sorting}]`)?.focus({preventScroll: true});
  sorting = '';
}));"""
SORT = "() => window.candorcastSorted"


class TodayView(NamedTuple):
    """The parts below the controls; an empty part is not shown."""

    notice: str
    cards: str = ""
    board: str = ""


def build(service: Service) -> Parts:
    """Controls above; cards and board redrawn on load and on every change of them."""
    import gradio as gr

    frequency = service.experiment.task.frequency
    with gr.Row():
        horizon = gr.Dropdown(
            [(markup.steps(one, frequency), one) for one in service.experiment.task.horizons],
            value=service.experiment.task.horizons[0],
            label="Horizon",
            min_width=140,
            elem_id="board-horizon",
        )
        order = gr.Dropdown(
            list_orders(), value="expected", label="Sorted by", min_width=160, elem_id="board-order"
        )
        known = sorted(set(service.sectors().values()))
        sector = gr.Dropdown(
            [EVERY, *known],
            value=EVERY,
            label="Sector",
            min_width=160,
            visible=bool(known),
            elem_id="board-sector",
        )
        who = choose_seat()
    notice = gr.HTML(visible=False)
    cards = gr.HTML()
    board = gr.HTML(elem_id="board", js_on_load=OPEN)
    parts = [notice, cards, board]

    def redraw(*asked: Any) -> list[Any]:
        return [gr.update(value=part or None, visible=bool(part)) for part in show_today(service, *asked)]

    gr.on(
        None,
        redraw,
        inputs=[horizon, order, sector, who],
        outputs=parts,
        trigger_mode="always_last",
        show_progress="minimal",
        api_visibility="private",
    )
    board.apply(None, outputs=[order], js=SORT, api_visibility="private")
    return Parts({"board": horizon, "sorted": order, "sector": sector}, opens=board)


def show_today(
    service: Service, horizon: int, order: str = "expected", sector: str = EVERY, who: str = ""
) -> TodayView:
    """What the page shows for these controls; what is in the way of it stands in the notice."""

    def answer() -> TodayView:
        board = service.board(horizon=int(horizon), version=who or None)
        rows = [row for row in board.rows if sector in (EVERY, row.sector)]
        said = (note for note in board.notes if note.rstrip(".") != board.lineage.capitalize())
        notes = " ".join(filter(None, (tell_alarms(service), *said)))
        return TodayView(
            notice=markup.notice(notes) if notes else "",
            cards=_cards(service, board),
            board=show_board(board, sort_rows(rows, order), service.experiment.task.frequency, order),
        )

    return guard(service, "The board", answer, TodayView)


def _cards(service: Service, board: Board) -> str:
    """From when and by whom it is, each with its age, what is proven, and the two ends of the board."""
    proven = sorted({one.claim for one in board.claims if one.standing == "proven"})
    entries = [
        _session(service, board),
        _who(service, board),
        (
            "Proven",
            ", ".join(proven) or "nothing",
            "at one horizon or more" if proven else "at any horizon",
            "cc-pass" if proven else "cc-unproven",
        ),
    ]
    if board.says_direction and board.rows:
        entries += [_end("Highest", board, 0), _end("Lowest", board, -1)]
    return markup.cards(entries)


def _session(service: Service, board: Board) -> Card:
    """The day of the prices. A dot before it says that there should be newer ones."""
    days, many = _days_since(service, board.as_of), f"{board.as_of:%Y}, {len(board.rows)} tickers"
    if service.experiment.data.source == "simulated":
        return "Session", f"{board.as_of:%a %d %b}", f"{many}; simulated, its clock stands still", ""
    if service.health().old:
        return "Session", f"{OLD} {board.as_of:%a %d %b}", f"{many}; {days}, newer ones are due", "cc-refuse"
    return "Session", f"{board.as_of:%a %d %b}", f"{many}; {days}", ""


def _who(service: Service, board: Board) -> Card:
    """The version and how far back the last day lies that it learned from. A dot says that this is too far."""
    info, health = service.info(board.version), service.health()
    days = _days_since(service, info.refit.through if info.refit else info.trained.end)
    who, told = board.seat or "nobody's seat", f"version {board.version}; learned up to {days}"
    if health.old_model and health.version == board.version:
        return "Answers", f"{OLD} {who}", f"{told}, a newer one is due", "cc-refuse"
    return "Answers", who, told, ""


def _days_since(service: Service, day: dt.date) -> str:
    """By the clock of the market: a simulated one stands still."""
    served = service.served
    assert served is not None
    days = max((service.condition.market_clock(served).date() - day).days, 0)
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago")


def _end(label: str, board: Board, place: int) -> Card:
    """The ticker at one end of the board; grey where neither its mean nor its rank is proven: both name it."""
    row = [row for row in board.rows if row.forecast.mean is not None][place]
    ahead = row.forecast
    told = markup.percent(ahead.change) if ahead.change is not None else markup.number(ahead.mean)
    return label, row.ticker, told, "" if {"level", "order"} & set(ahead.proven) else "cc-unproven"


TAB = Tab("Today", place=1, build=build)
