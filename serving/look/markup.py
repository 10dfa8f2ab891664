"""Writes small pieces of HTML. Everything that is not markup of ours is escaped here."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import polars as pl

from ml_core.vocabulary import words
from ml_core.vocabulary.words import Form

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"


class Cell(NamedTuple):
    """A table's cell: a value, a smaller line under it, classes."""

    value: str
    note: str = ""
    look: str = ""


def typeset(text: str) -> str:
    """A number in plain characters with a true minus; a dash where there is none."""
    return MISSING if text == words.MISSING else text.replace("-", MINUS)


def write(value: Any, form: Form) -> str:
    """A figure in its form."""
    return typeset(words.write(value, form))


def begin(label: str) -> str:
    """As the first word of a cell."""
    return label[:1].upper() + label[1:]


def interval(low: float | None, high: float | None, form: Form) -> str:
    """The interval of a figure, where there is one."""
    return f"{write(low, form)} to {write(high, form)}" if low is not None else ""


def percent(value: float | None, *, digits: int = 2, sign: bool = True) -> str:
    """0.0123 as +1.23 %."""
    return typeset(words.percent(value, digits=digits, sign=sign))


def span(low: float | None, high: float | None) -> str:
    """Two shares as one range in percent."""
    return f"{percent(low).removesuffix(' %')} to {percent(high)}" if low is not None else ""


def money(value: float | None) -> str:
    """Two decimals; four digits where a price is small."""
    return MISSING if value is None else f"{value:,.2f}" if abs(value) >= 1 else f"{value:#.4g}"


def number(value: float | None) -> str:
    """Four significant digits; whole numbers as they are."""
    return typeset(words.number(value))


def count(value: float | None) -> str:
    """1,234,567 as 1.23 M."""
    for size, unit in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if value is not None and abs(value) >= size:
            return f"{value / size:.2f}{unit}"
    return MISSING if value is None else f"{value:.0f}"


def steps(horizon: int, frequency: str) -> str:
    """5 sessions, 1 week."""
    unit = "week" if frequency == "weekly" else "session"
    return f"{horizon} {unit}{'' if horizon == 1 else 's'}"


def direction(value: float | None) -> str:
    """The class of a change: blue up, orange down; the sign says it too. What is shown as zero has neither."""
    return "" if value is None or abs(value) < 5e-5 else "cc-up" if value > 0 else "cc-down"


def cards(entries: Sequence[tuple[str, str, str, str]]) -> str:
    """(label, value, note, class of the value) each."""
    parts = [
        f'<div class="cc-card"><span>{escape(label)}</span><strong class="{escape(look)}">{escape(value)}</strong>'
        f"<small>{escape(note)}</small></div>"
        for label, value, note, look in entries
    ]
    return f'<div class="cc-cards">{"".join(parts)}</div>'


def table(head: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, text: Sequence[int] = ()) -> str:
    """Columns named in `text` are written to the left and may wrap."""
    look = ['class="cc-text"' if place in text else "" for place in range(len(head))]
    top = "".join(f'<th scope="col" {look[place]}>{escape(name)}</th>' for place, name in enumerate(head))
    body = "".join(
        f"<tr>{''.join(_cell(cell, place in text) for place, cell in enumerate(row))}</tr>" for row in rows
    )
    return scrolled(f'<table class="cc"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>')


def scrolled(inner: str) -> str:
    """What may be wider than its place: it is moved inside, by touch, wheel or the keys of arrows."""
    about = 'tabindex="0" role="region" aria-label="A table; it can be moved sideways"'
    return f'<div class="cc-scroll" {about}>{inner}</div>'


def panel(title: str, about: str, inner: str) -> str:
    lead = f"<p>{escape(about)}</p>" if about else ""
    return f'<section class="cc-panel"><h2>{escape(title)}</h2>{lead}{inner}</section>'


def lead(title: str, about: str) -> str:
    """What stands above a chart."""
    return f'<div class="cc-lead">{panel(title, about, "")}</div>'


def switch(shown: str, addresses: Mapping[str, str]) -> str:
    """A link for each of several experiments; of the one that is shown the name alone."""
    parts = [
        f'<b aria-current="page">{escape(name)}</b>'
        if name == shown
        else f'<a href="{escape(address)}">{escape(name)}</a>'
        for name, address in addresses.items()
    ]
    return f'<nav class="cc-switch" aria-label="Experiments">{"".join(parts)}</nav>'


def header(name: str, status: str, about: str) -> str:
    dot = f'<i class="cc-dot {escape(status)}" role="img" title="{escape(status)}" aria-label="{escape(status)}"></i>'
    return f'<header class="cc-head">{dot}<h1>{escape(name)}</h1><span>{escape(about)}</span></header>'


def notice(text: str) -> str:
    """What is in the way, plainly; a command to run stands in its own type."""
    before, run, command = text.partition("run: ")
    code = f"{escape(run)}<code>{escape(command)}</code>" if run else ""
    return f'<div class="cc-notice" role="status">{escape(before)}{code}</div>'


def going(text: str) -> str:
    """What is being done while the visitor waits."""
    return f'<div class="cc-notice cc-going" role="status" aria-busy="true">{escape(text)}</div>'


def small(text: str) -> str:
    """A line below a table."""
    return f'<p class="cc-small">{escape(text)}</p>'


def saved(name: str, rows: pl.DataFrame, label: str = "Save as CSV") -> str:
    """A link to a table that is in the page already, as a file of that name."""
    written = base64.b64encode(rows.write_csv().encode()).decode()
    return (
        f'<p class="cc-small"><a class="cc-save" download="{escape(name)}.csv" href="data:text/csv;base64,{written}">'
        f"{escape(label)}</a></p>"
    )


def folded(label: str, inner: str) -> str:
    return f"<details><summary>{escape(label)}</summary>{inner}</details>"


def _cell(cell: Cell | str, text: bool) -> str:
    value, note, look = cell if isinstance(cell, Cell) else Cell(cell)
    under = f"<small>{escape(note)}</small>" if note else ""
    return f'<td class="{escape(look)}{" cc-text" if text else ""}">{escape(value)}{under}</td>'
