"""What a search tried before it chose the model that was registered."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ml_core.registry.part import Part


class TrialRow(Part):
    """One trial in short: how it ended, its scores on validation and on the folds' test dates, its parameters."""

    trial: str
    status: str
    family: str | None = None
    epochs: int = 0
    validation: float | None = None
    test: float | None = None
    seconds: float | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    error: str = ""


class Searched(Part):
    """A search as numbers, and `head`, its best trials."""

    trials: int
    finished: int = 0
    stopped: int = 0
    failed: int = 0
    folds: int = 0
    seeds: int = 1
    seconds: float = 0.0
    families: dict[str, int] = Field(default_factory=dict)
    objective: str = ""
    head: tuple[TrialRow, ...] = ()
