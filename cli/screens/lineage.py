"""Writes what a forecast came of as a short tree in plain words, and what an edit of the bars makes stale as tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.screens.forecasts import told_mean
from ml_core.vocabulary import words

if TYPE_CHECKING:
    from cli.terminal import Terminal
    from ml_core.lineage.origin import FittedVersion, ForecastOrigin, Read
    from ml_core.lineage.stale import Stale

SHOWN = 20


def origin_lines(model: str, origin: ForecastOrigin, *, priced: bool) -> Iterator[str]:
    """The number, who wrote it when, what was read, and below it the version with those that it goes back to."""
    first = origin.rows.row(0, named=True)
    seat = first["seat"] or "in no seat"
    yield f"{model}, session {first['as_of']}: version {first['version']}, {seat} when it was said"
    for row in origin.rows.head(SHOWN).iter_rows(named=True):
        reach = words.reach(row["lower"], row["upper"], priced=priced)
        said = f"{told_mean(row, priced=priced)} {reach}; proven: {row['proven'] or 'nothing'}"
        yield f"├ said      {row['ticker']} {row['horizon']} ahead: {said}"
    if origin.rows.height > SHOWN:
        yield f"│           and {origin.rows.height - SHOWN} more; --json has all"
    yield f"├ written   {_moment(first['written'])} by {_writer(first['by'])}; {_live(first)}"
    for line in _said_later(origin):
        yield f"│           {line}"
    yield f"├ read      {_bars(origin.own, 'of its own tickers')}"
    yield f"│           {_bars(origin.whole, 'of all that its version knows')}"
    for depth, one in enumerate(origin.line):
        yield from _version_lines(one, "  " * depth)
    if origin.unknown:
        yield f"└ unknown   {origin.unknown}"


def _version_lines(one: FittedVersion, indent: str) -> Iterator[str]:
    start, end = one.learned
    yield f"{indent}└ version {one.version}: {one.family}, registered {_moment(one.made)}"
    yield f"{indent}  ├ learned  sessions {start} to {end} of data version {one.data_version}"
    many = "s" if len(one.features) != 1 else ""
    yield f"{indent}  ├ reads    {len(one.features)} feature{many}: {', '.join(one.features)}"
    yield f"{indent}  ├ weights  sha256 {one.weights}"
    if one.parent:
        yield f"{indent}  └ fitted again from version {one.parent} through {one.through}, whom the search chose:"
    elif one.role == "reference":
        yield f"{indent}  └ chosen   by no search: the reference is made where nobody answers"
    else:
        trials = f"trial {', '.join(one.trials)}" if one.trials else "a trial whose name was not kept"
        yield f"{indent}  └ chosen   {trials} of a search of {one.searched}"


def _said_later(origin: ForecastOrigin) -> Iterator[str]:
    for (written, by, bars), rows in origin.later.group_by("written", "by", "bars", maintain_order=True):
        assert isinstance(written, dt.datetime)
        yield (
            f"said otherwise {_moment(written)} by {_writer(by)} from data version {bars}: {rows.height} number(s); "
            "the first stands"
        )


def _bars(read: Read, whose: str) -> str:
    version = "of a version not kept" if read.data_version is None else f"version {read.data_version}"
    seen = " to ".join(dict.fromkeys(_moment(one) for one in read.seen))
    span = f"sessions {read.first} to {read.last}"
    return f"data {version}: {read.bars} bars {whose} ({read.tickers}), {span}; observed {seen}"


def _writer(by: object) -> str:
    return f"{by}" if by else "a run that was not kept"


def _live(row: dict) -> str:
    if row["written"] is None:
        return "whether before its outcome is not known"
    return (
        "before its outcome could be known"
        if row["live"]
        else "late: its outcome could be known, so it is never scored"
    )


def _moment(at: dt.datetime | None) -> str:
    return "at a time that was not kept" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def print_edits(terminal: Terminal, found: Stale) -> None:
    rows = [
        {"name": name, "date": f"{day}", "what": what, "told": told, "in": table}
        for table, name, day, what, told in found.edits.head(SHOWN).iter_rows()
    ]
    terminal.table(rows, title=f"edited since a version saw them; the newest data version is {found.newest}")
    if found.edits.height > SHOWN:
        terminal.say(f"and {found.edits.height - SHOWN} more; --json has all")


def stale_version_rows(found: Stale) -> list[dict[str, str]]:
    return [
        {
            "version": one.version,
            "seat": one.seat or "none: nobody asks it",
            "data version": f"{one.data_version}",
            "learned from": f"{one.learned} edited",
            "judged on": f"{one.judged} edited",
            "first": f"{one.first}",
        }
        for one in found.versions
    ]


def stale_forecast_rows(found: Stale) -> list[dict[str, str]]:
    return [
        {"version": version, "session": f"{day}", "tickers": ", ".join(tickers)}
        for version, day, tickers in found.forecasts.iter_rows()
    ]
