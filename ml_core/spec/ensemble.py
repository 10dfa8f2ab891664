"""Describes several specs that answer as one: each with its weight, all asked the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self, TypeAlias

from pydantic import Field, model_validator

from ml_core.spec.run import RunSpec, Weighted
from ml_core.spec.section import FrozenSection
from ml_core.spec.task import Task


class Ensemble(FrozenSection):
    """Everything that determines a model of several, given the data and the dates: what each is, and how much it
    counts. They may differ in all but the question."""

    components: tuple[Weighted, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _answers_one_question(self) -> Self:
        if any(one.spec.task != self.task for one in self.components):
            raise ValueError("components: they are asked different questions; expected the same task of all")
        if not math.isclose(total := math.fsum(one.weight for one in self.components), 1.0, abs_tol=1e-9):
            raise ValueError(f"components: their weights sum to {total:g}; expected 1")
        return self

    @property
    def task(self) -> Task:
        return self.components[0].spec.task

    @property
    def seed(self) -> int:
        return self.components[0].spec.seed

    @property
    def lookback(self) -> int:
        """The longest: an answer needs all of them."""
        return max(one.spec.lookback for one in self.components)

    @property
    def joint(self) -> bool:
        """Whether any of them needs all tickers."""
        return any(one.spec.joint for one in self.components)

    @property
    def told(self) -> str:
        """`lstm 0.40, ridge 0.35, tcn 0.25`."""
        return ", ".join(f"{one.spec.told} {one.weight:.2f}" for one in self.components)


Spec: TypeAlias = RunSpec | Ensemble


def join(components: Sequence[Weighted]) -> Spec:
    """What these are together; one alone is itself."""
    return components[0].spec if len(components) == 1 else Ensemble(components=tuple(components))
