"""Says what is asked: how often, how far ahead, and of what. Every model of an experiment answers this same
question."""

from itertools import pairwise
from typing import Literal

from pydantic import PositiveInt, field_validator

from ml_core.spec.section import FrozenSection


class Task(FrozenSection):
    """The question that all models answer. A search never varies it: answers to two questions cannot be compared, and
    one panel holds one target."""

    frequency: Literal["daily", "weekly"] = "daily"
    horizons: tuple[PositiveInt, ...] = (1,)
    target: Literal["return", "excess", "rank"] = "return"

    @property
    def priced(self) -> bool:
        """Whether a price follows from a forecast: of a return it does, of tickers beside each other it does not."""
        return self.target == "return"

    @field_validator("horizons")
    @classmethod
    def _increasing(cls, horizons: tuple[int, ...]) -> tuple[int, ...]:
        if not horizons or any(a >= b for a, b in pairwise(horizons)):
            raise ValueError("expected increasing numbers of sessions such as [1, 5], at least one")
        return horizons
