"""Writes the board: a line a ticker with its expected move drawn as a bar, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import polars as pl

from ml_core.vocabulary import words
from ml_core.vocabulary.words import short_percent
from serving.board import Board, BoardRow
from serving.look import markup
from serving.look.markup import MISSING, money, percent
from serving.ui._order import ask_order, changed, tell_sorted

WIDTH, HEIGHT = 240, 22
SINCE = "Since last time"
RANK = "Rank"
HEAD = ("Ticker", RANK, "Close", "Expected", "Range", SINCE, "Position")
SORTS = {
    "Ticker": "ticker",
    "Close": "moved",
    "Expected": "expected",
    "Range": "wide",
    SINCE: "changed",
    "Position": "weight",
}
WIDE = (RANK, "Close", SINCE)  # columns for which a phone has no room


def show_board(board: Board, rows: Sequence[BoardRow], frequency: str, by: str = "expected") -> str:
    """What the board says, then its lines, which are sorted `by` that; who has no forecast is named below."""
    reach, known = _reach(board.rows), any(changed(row) is not None for row in board.rows)
    unknown = {SINCE: not (known and board.says_direction), RANK: not board.says_direction}
    shown = [name for name in HEAD if not unknown.get(name)]
    ranks = _ranks(board)
    body = "".join(_line(board, row, ranks.get(row.ticker), reach, shown) for row in rows)
    pays = {"Position": "" if board.pays or not board.says_direction else "not proven to pay"}
    head = "".join(_head(name, by, pays.get(name, "")) for name in shown)
    failed = "; ".join(f"{ticker}: {why}" for ticker, why in board.failed.items())
    table = f'<table class="cc cc-board"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    lines = markup.scrolled(table) + (markup.small(f"No forecast: {failed}") if failed else "")
    lines += markup.saved(f"board {board.as_of} {board.horizon} ahead", tabulate(board, rows)) if rows else ""
    title = f"{markup.steps(board.horizon, frequency)} ahead"
    return markup.panel(title[:1].upper() + title[1:], _about(board), _proven(board) + lines)


def _head(name: str, by: str, note: str) -> str:
    """A column's name, which sorts by it; under a close stands what its lines are sorted by."""
    if name not in SORTS:
        return f'<th scope="col"{_wide(name)}>{escape(name)}</th>'
    order = SORTS[name]
    told = ask_order(name, order, by)
    if name == "Close":
        told = f"{name}<small>{ask_order('last move', order, by)}</small>"
    return f'<th scope="col"{_wide(name)}{tell_sorted(order, by)}>{told}{_under(note)}</th>'


def tabulate(board: Board, rows: Sequence[BoardRow]) -> pl.DataFrame:
    """The same as numbers, in the same order."""
    ranks = _ranks(board)
    return pl.DataFrame(
        [
            {
                "as_of": board.as_of,
                "ticker": row.ticker,
                "sector": row.sector,
                "rank": ranks.get(row.ticker),
                "last_close": row.last_close,
                "moved": row.moved,
                **row.forecast.model_dump(exclude={"inner", "proven"}),
                "proven": " ".join(row.forecast.proven),
                "before": row.before,
                "weight": row.weight,
            }
            for row in rows
        ],
        infer_schema_length=None,
    )


def _ranks(board: Board) -> dict[str, int]:
    """The highest expectation is the first; who says no direction ranks nobody."""
    if not board.says_direction:
        return {}
    return {row.ticker: place for place, row in enumerate(board.rows, start=1)}


def _about(board: Board) -> str:
    about = (
        f"From the close of {board.as_of:%a %d %b %Y}. The bar is the range that holds {short_percent(board.level)} of "
        "outcomes, all bars on one scale"
    )
    if not board.says_direction:
        return f"{about}; the reference says no direction."
    dots = "the dot is what is expected, filled where that mean is proven"
    return f"{about}; {dots}. A ticker opens its forecast, the head of a column sorts by it."


def _proven(board: Board) -> str:
    """A chip a claim: proven at this horizon or not, with how often luck alone gives as much."""
    chips = [
        f'<span class="cc-chip {"cc-pass" if one.standing == "proven" else ""}" '
        f'title="{escape(words.claim(one.claim))}">'
        f"{escape(markup.begin(one.claim))} {escape(_standing(one.standing, one.p))}</span>"
        for one in board.claims
        if one.horizon == board.horizon and one.standing in ("proven", "unproven")
    ]
    return f'<p class="cc-chips">{"".join(chips) or "Nothing was asked of this horizon."}</p>'


def _standing(standing: str, p: float | None) -> str:
    odds = markup.typeset(words.odds(p)) if p is not None else ""
    return f"not proven, {odds}" if standing == "unproven" and odds else standing.replace("un", "not ")


def _line(board: Board, row: BoardRow, rank: int | None, reach: float, shown: Sequence[str]) -> str:
    ahead, direction = row.forecast, board.says_direction
    sure = "level" in ahead.proven
    look = "cc-own" if sure else "cc-unproven"
    said = _told(ahead.change, ahead.mean) if direction else "none"
    placed = f"<td{_wide(RANK)}>{rank or MISSING}</td>" if RANK in shown else ""
    since = f"<td{_wide(SINCE)}>{percent(changed(row))}</td>" if SINCE in shown else ""
    cells = (
        f'<td><button type="button" class="cc-link" data-ticker="{escape(row.ticker)}">{escape(row.ticker)}</button>'
        f"{_under(row.sector or '')}</td>",
        placed,
        f"<td{_wide('Close')}>{money(row.last_close)}{_under(percent(row.moved), markup.direction(row.moved))}</td>",
        f'<td class="{look}">{said}{_under(markup.span(ahead.change_lower, ahead.change_upper))}</td>',
        f'<td class="cc-bar">{_bar(row, reach, direction=direction, sure=sure)}</td>',
        since,
        f'<td class="{"cc-own" if board.pays else "cc-unproven"}">{_weight(row.weight)}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _bar(row: BoardRow, reach: float, *, direction: bool, sure: bool) -> str:
    """The interval as a bar about a line at zero, the mean as a dot on it."""
    ahead = row.forecast
    low, high, mean = _ends(row)
    if low is None or high is None:
        return ""
    middle, scale = WIDTH / 2, (WIDTH / 2 - 6) / reach
    parts = [
        f'<rect x="{middle + low * scale:.1f}" y="7" width="{(high - low) * scale:.1f}" height="8" rx="4"/>',
        f'<line x1="{middle}" x2="{middle}" y1="1" y2="{HEIGHT - 1}"/>',
    ]
    if direction and mean is not None:
        parts.append(
            f'<circle cx="{middle + mean * scale:.1f}" cy="{HEIGHT / 2}" r="4" class="{"sure" if sure else ""}"/>'
        )
    told = f"{_told(ahead.change, mean)}, {markup.span(ahead.change_lower, ahead.change_upper)}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(told)}">{"".join(parts)}</svg>'
    )


def _ends(row: BoardRow) -> tuple[float | None, float | None, float | None]:
    """Lower, upper and mean, in the unit of the target."""
    return row.forecast.lower, row.forecast.upper, row.forecast.mean


def _reach(rows: Sequence[BoardRow]) -> float:
    ends = [abs(end) for row in rows for end in _ends(row) if end is not None]
    return max(ends, default=1.0) or 1.0


def _told(change: float | None, mean: float | None) -> str:
    return percent(change) if change is not None else markup.number(mean)


def _weight(weight: float | None) -> str:
    return MISSING if weight is None else percent(weight, digits=1)


def _under(text: str, look: str = "") -> str:
    return f'<small class="{look}">{escape(text)}</small>' if text and text != MISSING else ""


def _wide(name: str) -> str:
    return ' class="cc-wide"' if name in WIDE else ""
