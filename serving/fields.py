"""What a ticker, a horizon, a day and a version are, wherever one is asked for: of the API, of the app, of a run."""

import datetime as dt
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from ml_core.registry.seats import SEATS
from ml_core.spec.wording import DATE, WHOLE
from serving.messages import Message

TICKER, VERSION = r"^[^\s/\\<>]+$", rf"^(?:\d{{1,9}}|{'|'.join(SEATS)})$"
NUMBER = r"^\d{1,9}$"
LONGEST_TICKER = 32  # characters
FORMS = {
    NUMBER: "the number of a version, such as 3",
    TICKER: r"a ticker such as AAPL, without spaces, /, \, < and >",
    VERSION: f"the number of a version, such as 3, or a seat: {', '.join(SEATS)}",
}


def _as_a_date(given: object) -> object:
    """A number is no date, though the seconds of a clock might be meant."""
    if isinstance(given, (int, float)):
        raise ValueError(DATE)
    return given


def _no_truth(given: object) -> object:
    """`true` is no number, though Python counts it as one."""
    if isinstance(given, bool):
        raise ValueError(WHOLE)
    return given


Ticker = Annotated[str, Field(min_length=1, max_length=LONGEST_TICKER, pattern=TICKER)]
Whole = Annotated[int, BeforeValidator(_no_truth)]
Horizon = Annotated[Whole, Field(ge=1, le=10_000)]
Day = Annotated[dt.date, BeforeValidator(_as_a_date)]


class DayAsked(Message):
    """As of which day: `as_of`, as answers, addresses and the command line call it, or `date`."""

    as_of: Day | None = Field(
        None,
        description="Forecast as of this day's close, from prices known by then; the last session if left out.",
    )
    date: Day | None = Field(None, description="The same by another name.")

    @model_validator(mode="after")
    def _one_day(self) -> Self:
        if self.date and self.as_of and self.date != self.as_of:
            raise ValueError("as_of, date: both name the day; expected one of them")
        return self

    @property
    def day(self) -> dt.date | None:
        return self.as_of or self.date

    @property
    def day_field(self) -> str:
        """The name by which the day was given."""
        return "date" if self.date and not self.as_of else "as_of"
