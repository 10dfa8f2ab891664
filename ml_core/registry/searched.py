"""What a search tried before it chose the model that was registered."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from ml_core.registry.part import EvidencePart

SURE = 0.05


class TrialRow(EvidencePart):
    """One trial in short: how it ended, its scores on validation and on the folds' test dates, its parameters. `error`
    is the standard error of the test's, beside the mean of all trials; `again` what is expected of it on other dates;
    `reason` why it failed, was dropped or has no rank."""

    trial: str
    status: str
    family: str | None = None
    epochs: int = 0
    validation: float | None = None
    test: float | None = None
    error: float | None = None
    again: float | None = None
    seconds: float | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    reason: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, written: Any) -> Any:
        """Once `error` was the reason."""
        if isinstance(written, dict) and isinstance(written.get("error"), str):
            return {**written, "error": None, "reason": written["error"]}
        return written


class Importance(EvidencePart):
    """A varied key of a family: the share of what parts good trials from others that hangs on it, with its standard
    error; the share that it has by `chance`; and `p`, how often chance does as much for any key of the family."""

    family: str
    key: str
    share: float
    error: float
    chance: float
    p: float

    @property
    def stands_out(self) -> bool:
        return self.p <= SURE


class Searched(EvidencePart):
    """A search as numbers, `head`, its best trials, and `keys`, what their scores hang on. `independent`: how many
    trials that differ they amount to; `overfitting`: how often the best on one half of time is below the median on the
    other (PBO); `chance`: how sure it is that the winner is better than the defaults of the family `beside`,
    `chance_next` than the next in rank; `unsure`: why one of both is not told."""

    trials: int
    finished: int = 0
    stopped: int = 0
    failed: int = 0
    folds: int = 0
    seeds: int = 1
    seconds: float = 0.0
    families: dict[str, int] = Field(default_factory=dict)
    objective: str = ""
    independent: float | None = None
    overfitting: float | None = None
    chance: float | None = None
    beside: str = ""
    chance_next: float | None = None
    unsure: str = ""
    head: tuple[TrialRow, ...] = ()
    keys: tuple[Importance, ...] = ()
