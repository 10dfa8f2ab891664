"""Describes one fit in full: the question, how the model reads, the model, its training, its seeds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from ml_core.spec.ranges import LogUniform, OneOf, Wide
from ml_core.spec.reading import Reading
from ml_core.spec.section import FrozenSection, OpenSection
from ml_core.spec.task import Task


class Model(OpenSection):
    """A family, found by its file's name; the family checks the other keys."""

    family: str = "lstm"


class Training(FrozenSection):
    loss: Annotated[str, OneOf("mse", "student_t")] = "mse"
    epochs: PositiveInt = 20
    batch: Annotated[PositiveInt, Wide(OneOf(32, 64, 128))] = 64
    windows: PositiveInt | None = (
        None  # at most so many an epoch, drawn at random: bounds it on a large panel
    )
    learning_rate: Annotated[float, Field(gt=0), LogUniform(5e-4, 1e-2)] = 3e-3
    weight_decay: Annotated[float, Field(ge=0), LogUniform(1e-5, 1e-1)] = 1e-2
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    patience: PositiveInt = 5
    clip: Annotated[float, Field(gt=0)] = 1.0
    device: str = "cpu"


class RunSpec(FrozenSection):
    """Everything that determines one fitted model, given the data and the dates; what tuning varies and MLflow logs.
    `seeds` members begin at `seed`; `objective` chooses each one's best epoch."""

    task: Task = Task()
    reading: Reading = Reading()
    model: Model = Model()
    training: Training = Training()
    seed: int = 0
    seeds: PositiveInt = 1
    objective: str = "ic"

    @property
    def lookback(self) -> int:
        return self.reading.lookback

    @property
    def joint(self) -> bool:
        """Whether one series holds all tickers."""
        return self.reading.layout == "joint"

    @property
    def told(self) -> str:
        """What it is, in a word."""
        return self.model.family

    @property
    def components(self) -> tuple[Weighted, ...]:
        """Itself, with all the weight."""
        return (Weighted(weight=1.0, spec=self),)


class Weighted(FrozenSection):
    """A spec, and how much it counts among those that answer as one."""

    weight: Annotated[float, Field(gt=0, le=1)]
    spec: RunSpec
