"""Defines an experiment: one frozen object per section of its file, each key with its default. It reads no file
and no clock."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    PositiveInt,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from ml_core.spec.length import read_length
from ml_core.spec.reading import Features, Look, Reading
from ml_core.spec.run import Model, RunSpec, Training
from ml_core.spec.search import Search
from ml_core.spec.section import Fraction, FrozenSection, OpenSection
from ml_core.spec.serving import Serving
from ml_core.spec.strategy import Strategy
from ml_core.spec.task import Task
from ml_core.spec.wording import NAME_PATTERN

MOST_FITS = 1000  # that a combinatorial scheme may ask for


class Universe(FrozenSection):
    """`members`: a file of (ticker, from, to) that says who was in and when; without `tickers`, all of its names.
    `delisting`: what a ticker returned on the session after its last bar; else it leaves at its last price."""

    tickers: tuple[str, ...] = Field(min_length=1)
    sectors: dict[str, str] = Field(default_factory=dict)
    calendar: str = "XNYS"
    benchmark: str | None = None
    members: Path | None = None
    delisting: dict[str, Annotated[float, Field(ge=-1, allow_inf_nan=False)]] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _leave_out_unset(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the keys that came later and are not set: an experiment of before them keeps its digest."""
        return {
            key: value for key, value in write(self).items() if value or key not in ("members", "delisting")
        }

    @field_validator("tickers")
    @classmethod
    def _each_ticker_once(cls, tickers: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({ticker for ticker in tickers if tickers.count(ticker) > 1})
        if twice:
            raise ValueError(f"listed more than once: {', '.join(twice)}")
        if any(not ticker.strip() or any(sign in ticker for sign in "/\\\n ") for ticker in tickers):
            raise ValueError('expected tickers without spaces and slashes, such as ["SPY", "BRK-B"]')
        return tickers

    @model_validator(mode="after")
    def _what_is_said_is_of_tickers(self) -> Self:
        for name in ("sectors", "delisting"):
            strangers = sorted(set(getattr(self, name)) - set(self.tickers))
            if strangers:
                known = f"such as {self.tickers[0]}"
                raise ValueError(
                    f"{name} names tickers that are not in the universe: {', '.join(strangers)}; "
                    f"expected some of universe.tickers, {known}"
                )
        return self


class Data(OpenSection):
    """Where bars come from. The keys of a source stand in a table of its name, as `[data.simulated]`."""

    source: str = "yahoo"
    start: dt.date | None = None
    end: dt.date | None = None

    @model_validator(mode="after")
    def _start_before_end(self) -> Self:
        if self.start and self.end and self.start >= self.end:
            raise ValueError(f"start {self.start} is not before end {self.end}")
        return self


class TaskSection(Task, Look):
    """The file's [task]: what is asked, and beside it how far back and in which layout a model looks."""


class Validation(FrozenSection):
    """Lengths in sessions of the task's frequency, or `train`, `test` and `holdout` as a share of all usable sessions
    (0.2); `holdout` may be the date on which it begins. `step` and `embargo` have safe defaults. `baselines` stand
    beside every score, and with them zero and what the gate names. `combinatorial`: instead of walking forward,
    `evaluate` cuts the sessions into `groups` and tests every choice of `test_groups` of them; lengths of train, test,
    step and folds then do not count."""

    scheme: Literal["walk_forward", "combinatorial"] = "walk_forward"
    groups: Annotated[int, Field(ge=2)] = 6
    test_groups: PositiveInt = 2
    train: int | float = 504
    test: int | float = 63
    step: PositiveInt | None = None
    expanding: bool = False
    embargo: Annotated[int, Field(ge=0)] = 0
    folds: PositiveInt | None = None
    holdout: int | float | dt.date = 252
    early_stopping: Fraction = 0.2
    seeds: PositiveInt = 1
    baselines: tuple[str, ...] = ("zero", "mean", "last", "ewma", "ridge")

    @field_validator("train", "test", "holdout", mode="before")
    @classmethod
    def _a_length(cls, value: object, field: ValidationInfo) -> int | float | dt.date:
        return read_length(value, least=0 if field.field_name == "holdout" else 1)

    @model_validator(mode="after")
    def _shares_leave_room(self) -> Self:
        shares = {name: getattr(self, name) for name in ("train", "test", "holdout")}
        shares = {name: value for name, value in shares.items() if isinstance(value, float)}
        if sum(shares.values()) >= 1:
            told = " and ".join(f"{name} {value:g}" for name, value in shares.items())
            raise ValueError(f"{told} are shares of all sessions; expected less than 1 together")
        return self

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> Self:
        fits = math.comb(self.groups, self.test_groups) if self.scheme == "combinatorial" else 0
        if fits > MOST_FITS:
            raise ValueError(
                f"groups {self.groups} with test_groups {self.test_groups} are {fits:,} fits; "
                f"expected at most {MOST_FITS:,}"
            )
        if self.test_groups >= self.groups:
            raise ValueError(
                f"test_groups {self.test_groups} leave nothing of {self.groups} groups to train on; "
                f"expected at most {self.groups - 1}"
            )
        return self

    @model_validator(mode="after")
    def _each_session_is_scored_once(self) -> Self:
        if self.step and isinstance(self.test, int) and self.step < self.test:
            raise ValueError(
                f"step {self.step} is shorter than test {self.test}: sessions would be scored twice; "
                f"expected at least {self.test}"
            )
        return self


class Gate(FrozenSection):
    """What a candidate must show on the holdout before `champion` moves to it. `claims`: those that are asked, each by
    itself; all of them by default. `require`: those without which nobody is promoted, at whatever horizon; none by
    default, for at least one must be proven anyway. `beat` is whom `level` faces, `coverage` what `range` must hold,
    `deflated_sharpe` how sure `money` must be that it was not luck; `overfitting` bounds the search itself."""

    claims: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    beat: tuple[str, ...] = ("zero", "mean", "last")
    significance: Fraction = 0.05
    deflated_sharpe: Annotated[float, Field(ge=0, lt=1)] = 0.95
    overfitting: Fraction | None = None
    coverage: Fraction = 0.9
    coverage_tolerance: Fraction = 0.05

    @model_validator(mode="after")
    def _required_is_asked(self) -> Self:
        for name in self.require:
            if self.claims and name not in self.claims:
                raise ValueError(f"require: {name} is not among gate.claims {list(self.claims)}")
        return self

    @model_serializer(mode="wrap")
    def _leave_out_unset(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the keys that came later and are not set: an experiment of before them keeps its digest."""
        return {key: value for key, value in write(self).items() if value or key not in ("claims", "require")}


class Experiment(FrozenSection):
    """One experiment file."""

    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    universe: Universe
    data: Data = Data()
    task: TaskSection = TaskSection()
    features: Features = Features()
    model: Model = Model()
    training: Training = Training()
    search: Search = Search()
    validation: Validation = Validation()
    strategy: Strategy = Strategy()
    gate: Gate = Gate()
    serving: Serving = Serving()

    @model_serializer(mode="wrap")
    def _leave_out_unset(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without a [serving] that sets nothing: an experiment of before it keeps its digest."""
        return {
            key: value for key, value in write(self).items() if key != "serving" or self.serving != Serving()
        }

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        for where, horizon in self.strategy.asked_horizons:
            if horizon not in self.task.horizons:
                known = ", ".join(map(str, self.task.horizons))
                raise ValueError(f"strategy.{where} {horizon} is not forecast; expected one of {known}")
        if self.task.target == "rank" and self.strategy.reads("conviction", "target"):
            raise ValueError(
                "strategy.conviction 'target' divides a return; task.target 'rank' forecasts none"
            )
        if self.task.target != "return" and len(self.universe.tickers) < 2:
            raise ValueError(f"task.target '{self.task.target}' compares tickers; expected at least two")
        return self

    @property
    def reading(self) -> Reading:
        """How the file's own model reads; it stands in [task] and [features]."""
        return Reading(lookback=self.task.lookback, layout=self.task.layout, features=self.features)

    @property
    def spec(self) -> RunSpec:
        """The run that the file itself describes, before any search."""
        return RunSpec(
            task=Task(**{name: getattr(self.task, name) for name in Task.model_fields}),
            reading=self.reading,
            model=self.model,
            training=self.training,
            seeds=self.validation.seeds,
            objective=self.search.objective,
        )

    @property
    def model_name(self) -> str:
        """The registered model's name: models of simulated and real prices never share one."""
        return f"{self.name}.{self.data.source}"
