"""Tells what came of a range of past sessions: a row for each that was forecast now, and why another was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml_core.prediction.backfill import Backfilled


def backfill_rows(done: Backfilled) -> list[dict[str, str]]:
    return [
        {
            "session": f"{one.table['as_of'][0]}",
            "version": one.version.version,
            "tickers": f"{one.table['ticker'].n_unique()}",
            "without": ", ".join(one.missing) or "nobody",
            "told": "; ".join(one.told),
        }
        for one in done.answers
    ]


def summarise(done: Backfilled) -> str:
    """In one line."""
    stood = f"{done.stood} {'stands' if done.stood == 1 else 'stand'} already"
    if not (done.answers or done.failed):
        return f"nothing to do: all {done.stood} sessions stand already"
    failed = f", {len(done.failed)} failed" if done.failed else ""
    made = f"{len(done.answers)} {'session' if len(done.answers) == 1 else 'sessions'} forecast"
    return f"{made}, {stood}{failed}; --as-of shows one of them"


def document(done: Backfilled) -> dict[str, Any]:
    return {
        "forecasts": [row for one in done.answers for row in one.table.to_dicts()],
        "sessions": backfill_rows(done),
        "stood": done.stood,
        "failed": {f"{day}": why for day, why in done.failed.items()},
        "told": summarise(done),
    }
