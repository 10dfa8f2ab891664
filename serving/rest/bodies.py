"""What the API takes, as documented models: whom it is asked of, and one ticker or many."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from ml_core.errors import InvalidInput
from ml_core.registry.seats import Seat
from serving.fields import NUMBER, VERSION, Day, DayAsked, Horizon, Ticker
from serving.messages import Message
from serving.strategies import Named

SHORTEST, LONGEST = 3, 300  # characters of a reason


class VersionAsked(Message):
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


class AskedBoard(VersionAsked):
    """Which horizon of the board, and of whom."""

    horizon: Horizon | None = Field(None, description="Sessions ahead; the shortest if left out.")


class AskedNothing(Message):
    """No query is known here."""


class SingleRequest(DayAsked):
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
    strategy: Named | None = Field(None, description="Also say which position this strategy would take.")


class BatchRequest(DayAsked):
    """Many tickers; each is answered or refused by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tickers": ["AAPL", "MSFT"]}]})

    tickers: list[Ticker] | None = Field(
        None, min_length=1, max_length=2_000, description="The experiment's universe if left out."
    )
    strategy: Named | None = Field(
        None, description="Also say which position this strategy would take in each of them."
    )


class ExplainRequest(DayAsked):
    """One forecast, and what of it is explained."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ticker": "AAPL", "horizon": 5}]})

    ticker: Ticker = Field(description="As the experiment writes it; upper or lower case.")
    horizon: Horizon | None = Field(None, description="Sessions ahead; the shortest if left out.")
    of: Literal["level", "order", "scale"] = Field(
        "level",
        description="Where it goes, what sets it apart from the other tickers' forecasts, or how wide its range is.",
    )


class BacktestRequest(Message):
    """The strategy on sessions that the model never learned from."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"strategy": "long_only", "settings": {"cost_bps": 10}}]}
    )

    strategy: Named | None = Field(None, description="By name; the experiment's own if left out.")
    start_date: Day | None = Field(
        None, description="The first day of forecasts to trade; the first of the holdout if left out."
    )
    end_date: Day | None = Field(
        None, description="The last; the newest session if left out, and none after it."
    )
    settings: dict[str, bool | int | float | str | None] = Field(
        default_factory=dict,
        max_length=40,
        description="Keys of the experiment's [strategy] with other values, such as quantile, cost_bps, smoothing.",
    )


class TickerRequest(Message):
    """A ticker outside the universe."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ticker": "MSFT"}]})

    ticker: Ticker = Field(description="As the experiment's source writes it; upper or lower case.")


class SeatRequest(Message):
    """Who is to be champion, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": "1", "reason": "back to what held"}]}
    )

    version: Annotated[str, Field(pattern=NUMBER)] | None = Field(
        None, description="The number of a version; the last earlier one that passed the gate if left out."
    )
    reason: Annotated[
        str,
        BeforeValidator(lambda given: " ".join(given.split()) if isinstance(given, str) else given),
        Field(min_length=SHORTEST, max_length=LONGEST),
    ] = Field(description="It is kept beside the move, with the name of who asked.")
    force: bool = Field(
        False, description="Seat even a version that the gate refused; it is marked as forced for ever."
    )
