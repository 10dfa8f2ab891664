"""What a simulated market is asked to be: the section [data.simulated]."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ml_core.spec import choices
from ml_core.spec.experiment import FrozenSection

SIGNALS = "ml_core.data.simulation.signals"
ActsOn = Literal["mean", "size", "nothing"]  # what a planted signal moves of the next shock


class Config(FrozenSection):
    """`signal` is the kind that is planted and `ic` how strongly: its correlation with what is the ticker's own in
    the return it moves (`docs/truth.md`). It acts `delay` sessions later; `decay` of it is left each session after.
    `memory` is the length of the planted momentum in sessions; `late` and `delisted` are the shares of tickers that
    come to the market after its start and leave before its end; `jumps` is the chance of one a ticker and session."""

    seed: int = 7
    start: dt.date = dt.date(2018, 1, 2)
    sessions: Annotated[int, Field(ge=1)] = 1500
    signal: str = "momentum"
    ic: Annotated[float, Field(ge=0, lt=1)] = 0.1
    memory: Annotated[float, Field(gt=1)] = 20.0
    delay: Annotated[int, Field(ge=1, le=10)] = 1
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    volatility: Annotated[float, Field(gt=0, lt=1)] = 0.015
    jumps: Annotated[float, Field(ge=0, le=1)] = 0.0
    late: Annotated[float, Field(ge=0, le=1)] = 0.0
    delisted: Annotated[float, Field(ge=0, le=1)] = 0.0

    @field_validator("signal")
    @classmethod
    def _is_known(cls, name: str) -> str:
        known = choices.names(SIGNALS)
        if name not in known:
            raise ValueError(f"unknown signal{choices.nearest(name, known)}")
        return name
