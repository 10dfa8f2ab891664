"""What may be started, and with which parameters: checked here once, whoever does it then."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import ConfigDict, Field, model_validator

from serving.fields import VERSION, DayAsked, Whole

Verb: TypeAlias = Literal["refresh", "predict", "search", "refit", "monitor", "audit"]
VERBS: tuple[Verb, ...] = get_args(Verb)
MOST_TRIALS, MOST_DATES = 10_000, 50


@dataclass(frozen=True)
class RunKind:
    """What a verb does, the parameters that it reads, and how `candorcast` is told each of them."""

    does: str
    options: Mapping[str, str]


KINDS: Mapping[Verb, RunKind] = {
    "refresh": RunKind("Fetch what was traded since, check it, and store it.", {}),
    "predict": RunKind("Forecast the newest session, or a past day as on that day.", {"as_of": "--as-of"}),
    "search": RunKind(
        "Search for a model and judge the winner at the gate.", {"trials": "--trials", "afresh": "--afresh"}
    ),
    "refit": RunKind("Fit whoever answers again through the last known outcome.", {"always": "--always"}),
    "monitor": RunKind("Look whether what forecasts rest on still holds.", {}),
    "audit": RunKind("Check that nothing knows the future.", {"version": "--version", "dates": "--dates"}),
}


class RunRequest(DayAsked):
    """One run. A parameter that its verb does not read is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"verb": "refresh"}]})

    verb: Verb = Field(description="What is to be done.")
    trials: Annotated[Whole, Field(ge=1, le=MOST_TRIALS)] | None = Field(
        None, description="search: how many trials in all; the experiment's number if left out."
    )
    afresh: bool = Field(False, description="search: run again what an earlier search has finished.")
    always: bool = Field(False, description="refit: without waiting until it is due.")
    version: Annotated[str, Field(pattern=VERSION)] | None = Field(
        None, description="audit: this version, by number or seat; the experiment itself if left out."
    )
    dates: Annotated[Whole, Field(ge=3, le=MOST_DATES)] | None = Field(
        None, description="audit: how many dates are tested; 4 if left out."
    )

    @model_validator(mode="after")
    def _only_what_is_read(self) -> Self:
        strange = [name for name in self.parameters if name not in KINDS[self.verb].options]
        if strange:
            known = ", ".join(KINDS[self.verb].options) or "no parameter"
            raise ValueError(f"{strange[0]}: {self.verb} does not read it; it reads {known}")
        return self

    @property
    def parameters(self) -> dict[str, Any]:
        """Those that were asked for, by name."""
        told = {
            "as_of": self.day, "trials": self.trials, "afresh": self.afresh or None,
            "always": self.always or None, "version": self.version, "dates": self.dates,
        }  # fmt: skip
        return {name: value for name, value in told.items() if value is not None}

    @property
    def words(self) -> list[str]:
        """The same as the command line is told it."""
        told = KINDS[self.verb].options
        parts = (
            [told[name]] if value is True else [told[name], _plain(value)]
            for name, value in self.parameters.items()
        )
        return [word for part in parts for word in part]

    @property
    def told(self) -> dict[str, str]:
        """Parameters as they are shown."""
        return {name: "yes" if value is True else _plain(value) for name, value in self.parameters.items()}


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)
