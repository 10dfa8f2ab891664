"""Follows a refit back to the version that was judged: who was fitted again from whom, and who answers which dates."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ml_core.errors import BrokenArtifact, InvalidInput

if TYPE_CHECKING:
    from ml_core.registry.version import ModelVersion
    from ml_core.registry.versions import Registry


def judged_of(registry: Registry, registered: ModelVersion) -> ModelVersion:
    """The version that the evidence is of: what was fitted again knows the holdout on which it was judged."""
    refit = registered.evidence.refit
    return registry.find(registered.name, refit.judged) if refit else registered


def ancestry(registry: Registry, registered: ModelVersion) -> list[ModelVersion]:
    """The version and those that it was fitted again from, the one that was judged first. One that is gone, or
    cannot be read, ends the line."""
    line = [registered]
    while refit := line[0].evidence.refit:
        try:
            parent = registry.find(registered.name, refit.parent)
        except InvalidInput:
            break
        if not parent.readable:
            break
        line.insert(0, parent)
    return line


def unseen_by(registry: Registry, registered: ModelVersion, day: dt.date) -> ModelVersion:
    """Of that version and those that it was fitted again from, the youngest that did not learn from the day; where
    all did, the oldest."""
    line = ancestry(registry, registered)
    return next((one for one in reversed(line) if one.evidence.unseen <= day), line[0])


def tell_lineage(registered: ModelVersion) -> str:
    """Whose evidence it is and how fresh it is, in a few words; none of a version that was judged itself."""
    refit = None if isinstance(registered.read, BrokenArtifact) else registered.read.refit
    return f"proven by version {refit.judged}; refitted through {refit.through}" if refit else ""
