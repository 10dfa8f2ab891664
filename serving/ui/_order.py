"""In which order the board shows its lines: the orders that there are, and the heads of columns that ask for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

from serving.board import BoardRow

SIGNS = {True: "\N{BLACK DOWN-POINTING TRIANGLE}", False: "\N{BLACK UP-POINTING TRIANGLE}"}
TURNED = "-"  # before the name of an order that is asked for the other way round


class BoardOrder(NamedTuple):
    """`value` decides, the largest first where it `falls`; what is not known comes last either way."""

    label: str
    value: Callable[[BoardRow], Any]
    turned: str = "lowest first"
    falls: bool = True


def changed(row: BoardRow) -> float | None:
    """By how much more is expected than a session before."""
    now = row.forecast.change
    return None if now is None or row.before is None else now - row.before


ORDERS = {
    "expected": BoardOrder("Expected move", lambda row: row.forecast.mean),
    "changed": BoardOrder("Change of the forecast", changed),
    "weight": BoardOrder("Position", lambda row: row.weight),
    "moved": BoardOrder("Last session's move", lambda row: row.moved),
    "wide": BoardOrder("Width of the interval", lambda row: row.forecast.scale, "narrowest first"),
    "ticker": BoardOrder("Ticker", lambda row: row.ticker, "from Z to A", falls=False),
}


def list_orders() -> list[tuple[str, str]]:
    """Label and name of each, both ways round."""
    turned = [(f"{one.label}, {one.turned}", f"{TURNED}{name}") for name, one in ORDERS.items()]
    return [*((one.label, name) for name, one in ORDERS.items()), *turned]


def sort_rows(rows: Sequence[BoardRow], by: str) -> list[BoardRow]:
    """In the order that is asked for, ties by ticker."""
    order = ORDERS[by.removeprefix(TURNED)]
    named = sorted(rows, key=lambda row: row.ticker)
    known = [row for row in named if order.value(row) is not None]
    known.sort(key=order.value, reverse=_falls(by))
    return known + [row for row in named if order.value(row) is None]


def tell_sorted(name: str, by: str) -> str:
    """An attribute of the head of the column by which lines are sorted; nothing of another."""
    if by.removeprefix(TURNED) != name:
        return ""
    return f' aria-sort="{"descending" if _falls(by) else "ascending"}"'


def ask_order(label: str, name: str, by: str) -> str:
    """A button that sorts by that; where it is so already, the other way round."""
    own = by.removeprefix(TURNED) == name
    asks = f"{TURNED}{name}" if by == name else name
    sign = f'<i aria-hidden="true">{SIGNS[_falls(by)]}</i>'
    return (
        f'<button type="button" class="cc-sort" data-sort="{asks}" data-column="{name}" '
        f'title="Sort: {escape(ORDERS[name].label.lower())}">{escape(label)}{sign if own else ""}</button>'
    )


def _falls(by: str) -> bool:
    return ORDERS[by.removeprefix(TURNED)].falls is not by.startswith(TURNED)
