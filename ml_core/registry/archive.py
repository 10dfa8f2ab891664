"""Keeps every trial that was ever run, across searches and their continuations, in one Delta table of the home.

While a search runs, each ended trial is a line of its file: nothing that ended is lost to a kill, and no trial costs a
commit. When the search ends, and when the next one begins, lines that the table does not have go into it, some
thousands in a commit. Who reads gets both: the table, and the lines that are not in it yet.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from ml_core.data.store.tables import gather, merge, read
from ml_core.home.settings import Home
from ml_core.registry.dated import DatedScores
from ml_core.registry.ledgers import best_first, find_ledgers, stand_once
from ml_core.registry.trials import Trial, read_line
from ml_core.spec.plain import numbers_of, write_plain

BATCH = 2000  # trials of a commit
KEY = ["model", "search", "begun", "line"]
STREAMS = ("scores", "returns")  # of the result, each beside its dates
SCHEMA = {
    "model": pl.String, "search": pl.String, "begun": pl.Int64, "line": pl.Int64, "ended": pl.Float64,
    "trial": pl.String, "family": pl.String, "params": pl.String, "status": pl.String, "reason": pl.String,
    "seconds": pl.Float64, "test": pl.Float64, "curve": pl.String,
    "scores": pl.List(pl.Float64), "scores_dates": pl.List(pl.Date),
    "returns": pl.List(pl.Float64), "returns_dates": pl.List(pl.Date), "seeds": pl.List(pl.Float64),
}  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """The trials of one search, the best first. `begun`: the how manieth of those that were begun afresh it is."""

    search: str
    begun: int
    trials: list[Trial]


def archive(home: Home, model: str) -> int:
    """Put the lines that the table does not have into it; how many those were."""
    kept, added = _lines_kept(_stored(home, model, KEY)), 0
    for file in find_ledgers(home.searches, model):
        rows = _new_rows(file, model, kept.get(_place(file), 0))
        while batch := list(islice(rows, BATCH)):
            merge(_folder(home), pl.DataFrame(batch, schema=SCHEMA, orient="row"), KEY)
            added += len(batch)
    return added


def read_archive(home: Home, model: str, *, streams: bool = True) -> list[Kept]:
    """Every search of this model, the one that went on last first; each trial once, as it ended last. Without
    `streams` the numbers by date are left on disk."""
    names = [name for name in SCHEMA if streams or not name.startswith(STREAMS)]
    rows = _stored(home, model, names).sort("search", "begun", "line")
    kept = _lines_kept(rows)
    trials: dict[tuple[str, int], list[tuple[float, Trial]]] = {}
    for row in rows.iter_rows(named=True):
        trials.setdefault((row["search"], row["begun"]), []).append((row["ended"], _trial_of(row)))
    for file in find_ledgers(home.searches, model):
        place = _place(file)
        for row in _new_rows(file, model, kept.get(place, 0)):
            told = dict(zip(SCHEMA, row, strict=True))
            trials.setdefault(place, []).append((told["ended"], _trial_of(told)))
    newest = sorted(trials, key=lambda place: (max(ended for ended, _ in trials[place]), place), reverse=True)
    return [Kept(*place, best_first(stand_once(trial for _, trial in trials[place]))) for place in newest]


def count_tried(home: Home, model: str) -> int:
    """The trials that all searches for this model ended, whatever became of them."""
    return sum(len(kept.trials) for kept in read_archive(home, model, streams=False))


def _folder(home: Home) -> Path:
    return home.searches / "trials"


def _place(file: Path) -> tuple[str, int]:
    """The search of a ledger's file, and which one of those that were begun afresh: what was set aside is numbered."""
    number = file.stem.removeprefix("ledger").removeprefix("-")
    return file.parent.name, int(number) if number else 1 + len(list(file.parent.glob("ledger-*.jsonl")))


def _lines_kept(rows: pl.DataFrame) -> dict[tuple[str, int], int]:
    """By search, how many lines of its file the table is through with."""
    last = rows.group_by("search", "begun").agg(pl.col("line").max())
    return {(search, begun): line + 1 for search, begun, line in last.iter_rows()}


def _stored(home: Home, model: str, names: Collection[str]) -> pl.DataFrame:
    stored = read(_folder(home), among={"model": [model]})
    if stored is None:
        return pl.DataFrame(schema={name: SCHEMA[name] for name in names})
    there = stored.collect_schema()  # a table that an earlier candorcast made lacks what is kept since
    columns = [name if name in there else pl.lit(None, SCHEMA[name]).alias(name) for name in names]
    return gather(stored.select(columns), _folder(home))


def _new_rows(file: Path, model: str, kept: int) -> Iterator[tuple[Any, ...]]:
    """From that line on; one that a kill cut short, or that is being written, is passed over."""
    ended, (search, begun) = file.stat().st_mtime, _place(file)
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number < kept:
                continue
            if trial := _read(line):
                yield (model, search, begun, number, ended, *_row_of(trial))


def _read(line: str) -> Trial | None:
    try:
        return read_line(line)
    except (ValueError, TypeError, KeyError):  # cut short
        return None


def _row_of(trial: Trial) -> tuple[Any, ...]:
    told = (
        trial.id,
        trial.params.get("family"),
        write_plain(trial.params),
        trial.status,
        trial.error,
        trial.seconds,
    )
    streams = [_split(trial.result.get(name)) for name in STREAMS]
    scored = (*streams[0], *streams[1], trial.result.get("seeds"))
    return (*told, trial.test_score, write_plain(trial.history), *scored)


def _split(stream: DatedScores | None) -> tuple[list[float] | None, list[dt.date] | None]:
    return (
        (None, None)
        if stream is None
        else (list(stream.values()), [dt.date.fromisoformat(day) for day in stream])
    )


def _trial_of(row: dict[str, Any]) -> Trial:
    result: dict[str, Any] = {} if row["test"] is None else {"test_score": row["test"]}
    for name in STREAMS:
        if row.get(name) is not None:
            days = [day.isoformat() for day in row[f"{name}_dates"]]
            result[name] = DatedScores(dict(zip(days, row[name], strict=True)))
    if row.get("seeds") is not None:
        result["seeds"] = row["seeds"]
    history = tuple(numbers_of(json.loads(row["curve"])))
    params = json.loads(row["params"])
    return Trial(row["trial"], params, row["status"], history, result, row["seconds"], row["reason"])
