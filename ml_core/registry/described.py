"""Reads a version out of what MLflow lists of it and its folder."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from ml_core.errors import BrokenArtifact
from ml_core.registry.certified import read_certified
from ml_core.registry.database import Listed
from ml_core.registry.evidence import Evidence, read_evidence
from ml_core.registry.files import EVIDENCE
from ml_core.registry.noted import read_noted
from ml_core.registry.version import ModelVersion, search_again

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion as MlflowVersion

FORCED = "forced"


def describe(listed: Listed | MlflowVersion, folder: Path) -> ModelVersion:
    """One whose evidence cannot be read has the reason in its place."""
    who = f"{listed.name} version {listed.version}"
    read: Evidence | BrokenArtifact
    try:
        read = read_evidence(folder / EVIDENCE, who=who, again=search_again(listed.name))
    except BrokenArtifact as refusal:
        read = refusal
    return ModelVersion(
        listed.name,
        str(listed.version),
        tuple(listed.aliases),
        dt.datetime.fromtimestamp(listed.creation_timestamp / 1000, dt.UTC),
        folder,
        read,
        read_noted(listed.tags),
        listed.tags.get(FORCED, ""),
        read_certified(listed.tags),
    )
