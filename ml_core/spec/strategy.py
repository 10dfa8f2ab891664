"""Defines the section [strategy] of the experiment file: how forecasts become positions, within which limits, at
what cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    GetJsonSchemaHandler,
    PositiveInt,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticKnownError

from ml_core.spec.outside import find_outside
from ml_core.spec.section import Fraction, FrozenSection

Volatility = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(gt=0, le=1)]
CROSS_SECTION = 5  # tickers from which `auto` ranks them against one another
KINDS = ("auto", "long_short", "single", "long_only", "sign")


@dataclass(frozen=True)
class OwnStrategy:
    """One that was registered from outside: `decide(views, market, options)` gives weights, and `Config` is what
    [strategy.options] may say."""

    decide: Callable[..., Any]
    Config: type[FrozenSection]


def _known_kind(name: str) -> str:
    """One of ours, or a strategy that was registered from outside."""
    if name not in KINDS and name not in (outside := find_outside("strategy")):
        *others, last = (repr(one) for one in (*KINDS, *sorted(outside)))
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(others)} or {last}"})
    return name


class _Kinds:
    """What an editor completes: ours, and those that are registered when the schema is written."""

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "enum": [*KINDS, *sorted(find_outside("strategy"))]}


StrategyKind = Annotated[str, AfterValidator(_known_kind), _Kinds()]


class Sizing(FrozenSection):
    """How forecasts of one horizon become weights. `auto`: `single` or `long_short`, by the number of tickers. Every
    step reads the date's own forecasts, those before it, and prices up to it. `options` are those of a strategy from
    outside, which checks them."""

    kind: StrategyKind = "auto"
    options: dict[str, Any] = Field(default={})
    horizon: PositiveInt | None = None
    quantile: Annotated[float, Field(gt=0, le=0.5)] = 0.2
    neutral: Literal["market", "sector"] = "market"
    smoothing: Annotated[float, Field(ge=0, le=252)] = 0.0
    conviction: Literal["scale", "target"] = "scale"
    gate: Annotated[float, Field(ge=0, lt=1)] = 0.0
    gate_sessions: Annotated[int, Field(ge=20)] = 252
    daily_volatility: Volatility | None = None
    volatility_sessions: Annotated[int, Field(ge=5, le=1000)] = 20

    @model_validator(mode="after")
    def _conviction_has_its_target(self) -> Self:
        if self.conviction == "target" and self.daily_volatility is None:
            raise ValueError("conviction 'target' divides by daily_volatility; give it, such as 0.01")
        return self

    @model_serializer(mode="wrap")
    def _leave_out_unset(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without options where there are none: an experiment of before them keeps its digest."""
        return {key: value for key, value in write(self).items() if value or key != "options"}


class StrategyPart(Sizing):
    """One of several strategies in one account."""

    weight: Annotated[float, Field(gt=0)] = 1.0


class Strategy(Sizing):
    """How a forecast becomes positions and what trading costs. With `horizons` or `parts` several strategies share
    the account; `turbulent` takes the place of all of them while the market is in its turbulent state."""

    horizons: tuple[PositiveInt, ...] = ()
    parts: tuple[StrategyPart, ...] = ()
    combine: Literal["given", "sharpe"] = "given"
    shrinkage: Annotated[float, Field(ge=0, le=1)] = 0.5

    turbulent: Sizing | None = None
    turbulent_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    turbulent_above: Fraction = 0.5

    max_correlation: Fraction | None = None
    correlation_sessions: Annotated[int, Field(ge=20, le=1000)] = 60
    yearly_volatility: Volatility | None = None
    limit: Weight = 1.0
    leverage: Annotated[float, Field(gt=0, le=10)] = 1.0
    max_drawdown: Fraction | None = None
    delay: Annotated[int, Field(ge=0, le=20)] = 0

    cost_bps: Annotated[float, Field(ge=0, le=1000)] = 5.0
    execution: Literal["next_open", "next_close", "same_close"] = "next_open"

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.horizons and self.parts:
            raise ValueError("horizons and parts both divide the account; give one of them")
        if len(set(self.horizons)) < len(self.horizons):
            raise ValueError("horizons: listed more than once")
        if self.combine == "sharpe" and len(self.horizons or self.parts) < 2:
            raise ValueError(
                "combine 'sharpe' weighs strategies against each other; give at least two horizons or parts"
            )
        if self.turbulent and self.turbulent_share < 1:
            raise ValueError(
                "turbulent takes the place of the positions and turbulent_share keeps a share of them; give one"
            )
        shared = ("horizon", *(("volatility_sessions",) if self.yearly_volatility else ()))
        unread = [
            name
            for name, field in Sizing.model_fields.items()
            if name not in shared and getattr(self, name) != field.default
        ]
        if self.parts and unread:
            raise ValueError(f"{unread[0]} is not read where there are parts; set it in each of them")
        return self

    @property
    def regimes(self) -> bool:
        """Whether the market's state matters to it."""
        return self.turbulent is not None or self.turbulent_share < 1

    @property
    def tables(self) -> Iterator[tuple[str, Sizing]]:
        """Every way of sizing that it may use, with the table of the file that says it."""
        if not self.parts:
            yield "strategy", self
        yield from ((f"strategy.parts.{place}", part) for place, part in enumerate(self.parts))
        if self.turbulent:
            yield "strategy.turbulent", self.turbulent

    @property
    def sizings(self) -> tuple[Sizing, ...]:
        """Every way of sizing that it may use."""
        return tuple(how for _, how in self.tables)

    @property
    def asked_horizons(self) -> Iterator[tuple[str, int]]:
        """Each horizon that it names, with the key that names it."""
        yield from (("horizons", horizon) for horizon in self.horizons)
        for where, sizing in (
            ("horizon", self),
            *((f"parts.{place}.horizon", part) for place, part in enumerate(self.parts)),
            *((("turbulent.horizon", self.turbulent),) if self.turbulent else ()),
        ):
            if sizing.horizon:
                yield where, sizing.horizon

    def of_one_date(self, kind: str) -> Strategy:
        """What is left where the forecasts of one date are all there is."""
        kept = {name: getattr(self, name) for name in ("horizon", "quantile", "neutral", "limit", "leverage")}
        options = self.options if kind == self.kind else {}
        return Strategy.model_validate({"kind": kind, "options": options, **kept})

    def reads(self, field: str, value: object) -> bool:
        """Whether any way of sizing has that value."""
        return any(getattr(sizing, field) == value for sizing in self.sizings)
