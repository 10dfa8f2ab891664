"""Frees old files of a source's tables. Versions that a registered model names stay readable, so that it can be
rebuilt."""

from collections.abc import Collection
from dataclasses import dataclass

from ml_core.data.store import tables
from ml_core.data.store.store import Store
from ml_core.errors import InvalidInput

LEAST_DAYS = 7  # a reader, or a refresh that is running, may still need what has left the table since


@dataclass(frozen=True)
class Freed:
    """How many files went, and which versions of the bars were kept for their models."""

    files: int
    kept: tuple[int, ...]


def free_space(store: Store, *, named: Collection[int], days: int = 30) -> Freed:
    """Delete what has not been part of a table for `days`. `named`: versions of the bars that registered models
    name; a version that is gone already is named in the error, before anything is deleted."""
    if days < LEAST_DAYS:
        raise InvalidInput(f"retention of {days} days: expected at least {LEAST_DAYS}")
    bars = store.bars.folder
    newest = tables.newest_version(bars)
    strangers = sorted(version for version in named if newest is None or version > newest)
    if strangers:
        raise InvalidInput(
            f"{bars}: a model names version {strangers[0]}, but the newest is {newest}; nothing was deleted"
        )
    gone = tables.vacuum(bars, keep=named, days=days)
    for table in (store.findings, store.answers):
        gone += tables.vacuum(table.folder, keep=(), days=days)
    return Freed(len(gone), tuple(sorted(named)))
