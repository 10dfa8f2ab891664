"""Reads which versions are registered straight from the database under a home. A list needs three of its tables, and
MLflow, which keeps them, takes seconds to load."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ml_core.home.settings import Home
from ml_core.registry.tracking import LOCAL, locate

DELETED = "Deleted_Internal"  # MLflow keeps the row of a deleted version, with this stage
VERSIONS = """
SELECT version, run_id, creation_time FROM model_versions
WHERE name = ? AND current_stage IS NOT ? ORDER BY version DESC
"""
MODEL_TAGS = "SELECT key, value FROM registered_model_tags WHERE name = ?"
ALIASES = "SELECT alias, version FROM registered_model_aliases WHERE name = ? ORDER BY alias"
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
