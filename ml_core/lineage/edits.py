"""Finds what the store says otherwise now than a version of it did: bars, series beside them, a user's own table, who
is a member. A session that came after is no edit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from ml_core.data.intake.differences import COMPARED
from ml_core.data.prices import Sources, read_sources
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

# `what`: changed, new or gone; `told`: each value that differs, as it was and as it is.
EDITS = {"table": pl.String, "name": pl.String, "date": pl.Date, "what": pl.String, "told": pl.String}
KEYS = {"bars": "ticker", "series": "ticker", "facts": "name", "members": "name"}


def find_edits(experiment: Experiment, home: Home, *, then: int, now: int, until: dt.date) -> pl.DataFrame:
    """EDITS up to that day between two versions of the store, of all that the experiment's prices are made of."""
    if then == now:
        return pl.DataFrame(schema=EDITS)
    before = read_sources(experiment, home, until=until, version=then)
    after = read_sources(experiment, home, until=until, version=now)
    return pl.concat([_compare(name, before, after) for name in KEYS]).filter(pl.col("date") <= until).sort(
        "date", "table", "name"
    )  # fmt: skip


def _compare(table: str, before: Sources, after: Sources) -> pl.DataFrame:
    was, stands = getattr(before, table), getattr(after, table)
    key = [KEYS[table], "date"]
    compared = COMPARED if KEYS[table] == "ticker" else ["value", "word"]
    gone = was.join(stands, on=key, how="anti").select(key)
    new = stands.join(was, on=key, how="anti").select(key)
    beside = was.select(*key, *compared).join(stands.select(*key, *compared), on=key, suffix="__now")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}__now")) for name in compared)
    changed = beside.filter(differs)
    told = [_tell(row, compared) for row in changed.iter_rows(named=True)]
    parts = [
        changed.select(key).with_columns(what=pl.lit("changed"), told=pl.Series(told, dtype=pl.String)),
        new.with_columns(what=pl.lit("new"), told=pl.lit("")),
        gone.with_columns(what=pl.lit("gone"), told=pl.lit("")),
    ]
    return pl.concat(parts).select(
        pl.lit(table).alias("table"), pl.col(KEYS[table]).alias("name"), "date", "what", "told"
    )


def _tell(row: dict, compared: Sequence[str]) -> str:
    return ", ".join(
        f"{name} {_show(row[name])} to {_show(row[f'{name}__now'])}"
        for name in compared
        if row[name] != row[f"{name}__now"]
    )


def _show(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "none" if value is None else f"{value}"
