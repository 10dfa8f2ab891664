"""Reads straight from the database under a home what is needed of many rows of it. Which versions are registered stands
in three of its tables, and MLflow, which keeps them, takes seconds to load; which trials of a search are written stands
in two, and MLflow would read all that it knows of each run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ml_core.home.settings import Home
from ml_core.registry.tracking import LOCAL, locate

DELETED = "Deleted_Internal"  # MLflow keeps the row of a deleted version, with this stage
VERSIONS = """
SELECT version, run_id, creation_time FROM model_versions
WHERE name = ? AND current_stage IS NOT ? ORDER BY version DESC
"""
MODEL_TAGS = "SELECT key, value FROM registered_model_tags WHERE name = ?"
ALIASES = "SELECT alias, version FROM registered_model_aliases WHERE name = ? ORDER BY alias"
RUNS = """
SELECT runs.run_uuid, runs.status, trials.value FROM tags AS searches
JOIN runs ON runs.run_uuid = searches.run_uuid
LEFT JOIN tags AS trials ON trials.run_uuid = runs.run_uuid AND trials.key = 'trial'
WHERE searches.key = 'search' AND searches.value = ? AND runs.experiment_id = ? AND runs.lifecycle_stage = 'active'
"""
VERSION_TAGS = "SELECT version, key, value FROM model_version_tags WHERE name = ?"


@dataclass(frozen=True)
class Listed:
    """One registered version as MLflow would describe it."""

    name: str
    version: int
    run_id: str
    creation_timestamp: int
    aliases: tuple[str, ...]
    tags: dict[str, str]


class WrittenRun(NamedTuple):
    """A run of a search: that of one of its trials, or, without one, its own."""

    run: str
    status: str
    trial: str | None


def read_runs(home: Home, experiment: str, search: str) -> list[WrittenRun] | None:
    """The runs of a search; None where MLflow is to be asked."""
    answers = _ask(home, (RUNS, (search, experiment)))
    return None if answers is None else [WrittenRun(*row) for row in answers[0]]


def read_versions(home: Home, name: str) -> list[Listed] | None:
    """The versions of a model, newest first; None behind a server, and where the database is not as MLflow 3 makes it:
    then MLflow is to be asked."""
    answers = _ask(home, (VERSIONS, (name, DELETED)), (ALIASES, (name,)), (VERSION_TAGS, (name,)))
    if answers is None:
        return None
    rows, aliases, tags = answers
    return [
        Listed(
            name,
            version,
            run,
            made,
            tuple(alias for alias, of in aliases if of == version),
            {key: value for of, key, value in tags if of == version},
        )
        for version, run, made in rows
    ]


def read_tags(home: Home, name: str) -> dict[str, str] | None:
    """What is written on a model; None where MLflow is to be asked."""
    answers = _ask(home, (MODEL_TAGS, (name,)))
    return None if answers is None else dict(answers[0])


def _ask(home: Home, *questions: tuple[str, tuple[str, ...]]) -> list[list[tuple]] | None:
    """The rows of each question, all from one look at the database."""
    if not home.tracking_uri.startswith(LOCAL):
        return None
    address = locate(Path(home.tracking_uri.removeprefix(LOCAL)))
    try:
        with closing(sqlite3.connect(address, uri=True)) as opened:
            return [opened.execute(*question).fetchall() for question in questions]
    except sqlite3.Error:
        return None
