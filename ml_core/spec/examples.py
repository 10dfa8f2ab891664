"""Finds how a value is written: the example that is given of its key, else the key's own default."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from ml_core.spec.keys import find_key

BARE = re.compile(r"[A-Za-z0-9_-]+")


def show_example(at: str, loc: Sequence[str | int], model: type[BaseModel]) -> str:
    """As the file would write it, of the value at `loc` of that model, which stands at `at` in the file; empty where
    there is none."""
    key, rest = find_key((*filter(None, at.split(".")), *loc))
    if loc and len(rest) >= len(loc):  # of an option from outside nothing is said but its default
        inside = itertools.takewhile(lambda part: isinstance(part, int), reversed(loc))
        key, rest = None, tuple(inside)
    value = (
        key.example if key and key.example is not None else _default_at(model, loc[: len(loc) - len(rest)])
    )
    for _ in rest:
        value = _first(value)
    empty = isinstance(value, (dict, list, tuple)) and not value
    return "" if value is None or empty else write_value(value)


def write_value(value: Any) -> str:
    """In TOML, on one line."""
    if isinstance(value, dict):
        told = (
            f"{name if BARE.fullmatch(name) else json.dumps(name)} = {write_value(one)}"
            for name, one in value.items()
        )
        return f"{{ {', '.join(told)} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(write_value, value))}]"
    if isinstance(value, dt.date):
        return value.isoformat()
    return json.dumps(value if isinstance(value, (str, bool, int, float)) else str(value), ensure_ascii=False)


def _first(value: Any) -> Any:
    inner = tuple(value.values()) if isinstance(value, dict) else value
    return inner[0] if isinstance(inner, (list, tuple)) and inner else None


def _default_at(model: type[BaseModel], loc: Sequence[str | int]) -> Any:
    """None where it has no default, or none that is a value."""
    value: Any = None
    inner: type[BaseModel] | None = model
    for name in (part for part in loc if isinstance(part, str)):
        if inner is None or name not in inner.model_fields:
            return None
        field = inner.model_fields[name]
        value, inner = field.get_default(call_default_factory=True), model_in(field.annotation)
    known = isinstance(value, (str, bool, int, float, dt.date, Path, dict, list, tuple))
    return value if known else None


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The section that a value of this kind is, or holds: of `tuple[Part, ...]` and `Part | None` it is Part."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(model_in, get_args(annotation))), None)
