"""Rows of the two tables that say how good the forecasts were: scores beside baselines, and where intervals held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field, model_serializer, model_validator

from ml_core.registry.part import EvidencePart

SKILL, P = "skill_", "p_"


class Beside(EvidencePart):
    """One baseline on the same rows: its own value, the share of its error that the model takes away, and p."""

    value: float | None = None
    skill: float | None = None
    p: float | None = None


class Score(EvidencePart):
    """One metric of one split and horizon, `*` for all tickers together. In files and in the API a baseline's numbers
    stand as columns: `ridge`, `skill_ridge`, `p_ridge`. `why` is written where a metric of one's own has no value."""

    metric: str
    split: str
    ticker: str
    horizon: int
    over: str | None = None
    sessions: int | None = None
    rows: int | None = None
    left_out: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str | None = None
    beside: dict[str, Beside] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _of_columns(cls, told: Any) -> Any:
        if not isinstance(told, dict) or "beside" in told:
            return told
        names = [key.removeprefix(SKILL) for key in told if key.startswith(SKILL)]
        columns = {f"{kind}{name}" for name in names for kind in ("", SKILL, P)}
        beside = {
            name: {"value": told.get(name), "skill": told[f"{SKILL}{name}"], "p": told.get(f"{P}{name}")}
            for name in names
        }
        return {key: value for key, value in told.items() if key not in columns} | {"beside": beside}

    @model_serializer
    def _as_columns(self) -> dict[str, Any]:
        told = {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name in self.model_fields_set and name != "beside" and not (name == "why" and self.why is None)
        }
        for name, one in self.beside.items():
            told |= {name: one.value, f"{SKILL}{name}": one.skill, f"{P}{name}": one.p}
        return told


def tell_unmeasured(scores: Iterable[Score]) -> list[str]:
    """A line for each metric of one's own that has no value somewhere."""
    reasons = {one.metric: one.why for one in scores if one.why}
    return [f"{why}; it has no value, all else was measured" for why in reasons.values()]


class FanRow(EvidencePart):
    """A narrower interval inside the 90 % one: which share of its reach, and the share of outcomes that it held."""

    horizon: int
    level: float
    share: float
    rows: int
    coverage: float | None


class CoverageRow(EvidencePart):
    """The share of outcomes inside the interval: over all rows, by how volatile the ticker was, or by year."""

    split: str
    horizon: int
    by: str
    group: str
    sessions: int
    rows: int
    coverage: float | None
    low: float | None
    high: float | None
    width: float | None
