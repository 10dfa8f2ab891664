"""What the API takes, as documented models: whom it is asked of, and one ticker or many."""

import datetime as dt
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from ml_core.errors import InvalidInput
from ml_core.registry.seats import SEATS, Seat
from ml_core.spec.strategy import Kind
from ml_core.spec.wording import DATE
from serving.messages import Message

TICKER, VERSION = r"^[^\s/\\<>]+$", rf"^(?:\d{{1,9}}|{'|'.join(SEATS)})$"
FORMS = {
    TICKER: r"a ticker such as AAPL, without spaces, /, \, < and >",
    VERSION: f"the number of a version, such as 3, or a seat: {', '.join(SEATS)}",
}


def _as_a_date(given: object) -> object:
    """A number is no date, though the seconds of a clock might be meant."""
    if isinstance(given, (int, float)):
        raise ValueError(DATE)
    return given


Ticker = Annotated[str, Field(min_length=1, max_length=32, pattern=TICKER)]
Horizon = Annotated[int, Field(ge=1, le=10_000)]
Day = Annotated[dt.date, BeforeValidator(_as_a_date)]


class Asked(Message):
    """Which version is asked: by its number or by its seat. Both at once may disagree."""

    version: str | None = Field(
        None,
        pattern=VERSION,
        description="This version, by its number or its seat; if left out, who answers: the champion, else the "
        "reference.",
    )
    alias: Seat | None = Field(
        None, description="The same by its seat alone: champion, challenger or reference."
    )

    @property
    def chosen(self) -> str | None:
        if self.version and self.alias:
            raise InvalidInput("version, alias: each names who is asked; give one of them")
        return self.version or self.alias


class AskedNothing(Message):
    """No query is known here."""


class SingleRequest(Message):
    """One ticker."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ticker": "AAPL", "horizons": [1, 5], "strategy": "single"}]}
    )

    ticker: Ticker = Field(description="As the experiment writes it; upper or lower case.")
    horizons: list[Horizon] | None = Field(
        None,
        min_length=1,
        max_length=256,
        description="Sessions ahead; all that the model knows if left out.",
    )
    date: Day | None = Field(
        None,
        description="Forecast as of this day's close, from prices known by then; the last session if left out.",
    )
    strategy: Kind | None = Field(None, description="Also say which position this strategy would take.")


class BatchRequest(Message):
    """Many tickers; each is answered or refused by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tickers": ["AAPL", "MSFT"]}]})

    tickers: list[Ticker] | None = Field(
        None, min_length=1, max_length=2_000, description="The experiment's universe if left out."
    )
    date: Day | None = Field(None, description="As in a single prediction.")
