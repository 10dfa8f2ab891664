"""Declares what a search may vary, beside a field's default: `hidden: Annotated[int, OneOf(32, 64)] = 64`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel

from ml_core.errors import InvalidInput


@dataclass(frozen=True, init=False)
class OneOf:
    """One of the listed values."""

    values: tuple[Any, ...]

    def __init__(self, *values: Any) -> None:
        object.__setattr__(self, "values", values)


@dataclass(frozen=True)
class Uniform:
    """Any number from low to high."""

    low: float
    high: float


@dataclass(frozen=True)
class LogUniform:
    """Any number from low to high, even in its logarithm."""

    low: float
    high: float


@dataclass(frozen=True, init=False)
class Shares:
    """These shares of what the experiment's file says, as whole numbers from `least` on."""

    values: tuple[float, ...]
    least: int

    def __init__(self, *values: float, least: int) -> None:
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "least", least)


Range: TypeAlias = OneOf | Uniform | LogUniform


@dataclass(frozen=True)
class Wide:
    """What only a wide search varies."""

    allowed: OneOf | Shares

    def around(self, own: Any) -> OneOf:
        """The values to try, the file's own among them."""
        if isinstance(self.allowed, Shares):
            shares, least = self.allowed.values, self.allowed.least
            return OneOf(*dict.fromkeys(max(least, round(own * share)) for share in shares))
        values = self.allowed.values
        return OneOf(*values) if own in values else OneOf(own, *values)


def ranges_of(config: type[BaseModel]) -> dict[str, Range]:
    """The ranges written in the fields of a configuration class."""
    return {name: mark for name, mark in _marks(config) if isinstance(mark, (OneOf, Uniform, LogUniform))}


def wide_ranges_of(section: BaseModel) -> dict[str, Range]:
    """What a wide search varies besides, around the values of this section."""
    marks = _marks(type(section))
    return {name: mark.around(getattr(section, name)) for name, mark in marks if isinstance(mark, Wide)}


def _marks(config: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in config.model_fields.items():
        for mark in field.metadata:
            yield name, mark


def parse_range(key: str, value: Any) -> Range:
    """A range as the experiment file writes it: a list, or a table of low, high and log."""
    if isinstance(value, (list, tuple)) and value:
        twice = next((one for place, one in enumerate(value) if one in value[:place]), None)
        if twice is not None:
            raise InvalidInput(f"search.ranges.{key}: {twice!r} stands twice, got {value!r}; leave one out")
        return OneOf(*value)
    if isinstance(value, dict) and {"low", "high"} <= set(value) <= {"low", "high", "log"}:
        low, high = float(value["low"]), float(value["high"])
        if low < high and (low > 0 or not value.get("log")):
            return LogUniform(low, high) if value.get("log") else Uniform(low, high)
    raise InvalidInput(
        f"search.ranges.{key}: expected a list of values or {{low, high, log}} with low < high, got {value!r}"
    )
