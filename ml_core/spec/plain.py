"""Turns what the code holds into what JSON knows. Whatever is printed or handed out as JSON goes through here, so
that a number that is none (NaN, infinity) becomes null in one place."""

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel


def plain(value: Any) -> Any:
    """The same content as dictionaries, lists, texts and finite numbers."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(
        value, (str, int)
    ):  # the commonest first: a long list of versions stays quick
        return value
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def write_plain(value: Any, **layout: Any) -> str:
    """The same content as one document of JSON; `layout` as `json.dumps` takes it."""
    return json.dumps(plain(value), allow_nan=False, **layout)


def numbers_of(told: Any) -> Any:
    """Numbers that were written so: where null stands is NaN, a number that is none."""
    if isinstance(told, Mapping):
        return {key: numbers_of(inner) for key, inner in told.items()}
    if isinstance(told, list):
        return [numbers_of(inner) for inner in told]
    return math.nan if told is None else told
