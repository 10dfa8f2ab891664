"""Says what a search tries, how many trials, and how it drops the worse ones: the file's [search]."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    PositiveInt,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from ml_core.spec.section import FrozenSection

MANY_TRIALS = 200  # from so many on, a search is wide unless the file says otherwise


class Search(FrozenSection):
    """`width`: a wide search tries more families, unless the file names them, and varies how a model reads; by default
    one of 200 trials or more is wide. `lag`: what is decided of a trial looks at trials that began so many before it,
    or earlier, and at most so many are under way; without it three for each that the cluster holds at once, at least
    6. `answer`: the best trial answers, or so many of the best as one, weighted by what each gained out of fold."""

    families: tuple[str, ...] = ("lstm", "attention_lstm", "transformer", "ridge")
    width: Literal["auto", "narrow", "wide"] = "auto"
    trials: PositiveInt = 24
    epochs: PositiveInt | None = None
    sampler: Literal["optuna", "random", "quasi_random", "grid"] = "optuna"
    scheduler: Literal["race", "asha", "none"] = "asha"
    objective: str = "ic"
    answer: PositiveInt | Literal["best"] = "best"
    ranges: dict[str, Any] = Field(default_factory=dict)
    lag: PositiveInt | None = None
    cpus_per_trial: Annotated[float, Field(gt=0)] = 1.0
    gpus_per_trial: Annotated[float, Field(ge=0)] = 0.0
    stall_minutes: Annotated[float, Field(gt=0)] = 30.0
    seed: int = 0

    @field_validator("answer", mode="wrap")
    @classmethod
    def _a_number_or_best(cls, value: object, check: ValidatorFunctionWrapHandler) -> int | str:
        try:
            return check(value)
        except ValidationError:
            raise ValueError('expected a number above 0 or "best"') from None

    @property
    def wide(self) -> bool:
        return self.width == "wide" or (self.width == "auto" and self.trials >= MANY_TRIALS)

    @model_serializer(mode="wrap")
    def _leave_out_unset(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without keys that came later and set nothing: an experiment of before them keeps its digest."""
        unset = {"width": ("auto", "narrow"), "lag": (None,), "answer": ("best",)}
        return {key: value for key, value in write(self).items() if value not in unset.get(key, ())}
