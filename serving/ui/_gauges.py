"""Writes what a check of monitoring found: a bar for each finding beside what is allowed, and how it came there."""

from html import escape
from typing import Any

import polars as pl

from serving.figures.monitoring import tell_subject
from serving.look import markup

SHOWN = 8  # of each check, those that are nearest to an alarm
SESSIONS = 60  # of the line that shows how the nearest came there
WIDTH, HEIGHT, SPARK = 200, 14, 80
TEXT = ' class="cc-text"'
LIMIT = 0.7  # where along a bar what is allowed lies


def show_check(name: str, last: pl.DataFrame, all_looks: pl.DataFrame) -> str:
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
    what = tell_subject(row["check"], row["subject"])
    cells = (
        f"<td>{escape(what)}</td>",
        f"<td>{_bar(share, over=over)}</td>",
        f"<td>{_line((spent['value'] / spent['allowed']).to_list())}</td>",
        f'<td class="cc-text">{escape(row["told"].removeprefix(f"{what}: "))}</td>',
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
