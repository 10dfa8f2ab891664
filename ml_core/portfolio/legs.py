"""Sizes positions in one way at one horizon, from forecasts on every date. A strategy has one or several such legs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from ml_core.errors import InvalidData
from ml_core.frames import POSITIONS, conform
from ml_core.portfolio import sizing
from ml_core.portfolio.conviction import hold_signs, rank_sides, size_alone
from ml_core.portfolio.market import Market, need
from ml_core.portfolio.volatility import target_each
from ml_core.spec.file import read_strategy_options
from ml_core.spec.outside import find_outside
from ml_core.spec.strategy import CROSS_SECTION, KINDS, OwnStrategy, Sizing, Strategy


@dataclass(frozen=True)
class Leg:
    """A part of a strategy, and how much of the account it asks for."""

    sizing: Sizing
    horizon: int
    weight: float = 1.0


def legs_of(strategy: Strategy, *, horizon: int) -> tuple[Leg, ...]:
    """Those that share the account; `horizon` is that of what names none."""
    own = strategy.horizon or horizon
    if strategy.parts:
        return tuple(Leg(part, part.horizon or own, part.weight) for part in strategy.parts)
    return tuple(Leg(strategy, one) for one in strategy.horizons or (own,))


def turbulent_leg(strategy: Strategy, *, horizon: int) -> Leg | None:
    """What takes their place in turbulence."""
    other = strategy.turbulent
    return Leg(other, other.horizon or strategy.horizon or horizon) if other else None


def hold_of(strategy: Strategy, *, horizon: int) -> int:
    """Every so many-th decision is traded, so that each leg can hold for its horizon."""
    other = turbulent_leg(strategy, horizon=horizon)
    legs = (*legs_of(strategy, horizon=horizon), *((other,) if other else ()))
    return math.gcd(*(leg.horizon for leg in legs))


def strategy_kind(forecast: pl.DataFrame, how: Sizing) -> str:
    """What `auto` means for these tickers: one against the others, or each by itself."""
    if how.kind != "auto":
        return how.kind
    return "long_short" if forecast["ticker"].n_unique() >= CROSS_SECTION else "single"


def size(forecast: pl.DataFrame, leg: Leg, market: Market | None) -> pl.DataFrame:
    """Smooth, rank or take by itself, target a volatility, gate; a book that ranks stays as long as short."""
    how = leg.sizing
    views = views_of(forecast, leg.horizon)
    if how.smoothing:
        views = sizing.smooth(views, how.smoothing)
    kind, by = strategy_kind(forecast, how), ()
    ranked = kind == "long_short"
    if ranked and how.neutral == "sector":
        sectors = need(market, "neutral").sectors(views["ticker"].unique())
        views, by = views.join(sectors, on="ticker", how="left", maintain_order="left"), ("sector",)
    if ranked:
        units = rank_sides(views, quantile=how.quantile, by=by)
    elif kind not in KINDS:
        units = _as_outside(how, views, market)
    elif kind in ("long_only", "sign"):
        units = hold_signs(views, short=kind == "sign")
    else:
        units = size_alone(views, target=_divisor(leg, market))
    if how.daily_volatility:
        known = need(market, "daily_volatility")
        units = target_each(units, known, daily=how.daily_volatility, sessions=how.volatility_sessions)
    if how.gate:
        units = sizing.mark_confident(units, quantile=how.gate, dates=how.gate_sessions)
        units = units.with_columns(unit=pl.when("confident").then("unit").otherwise(0.0))
    positions = units.with_columns(weight=pl.col("unit") / pl.col("parts"))
    if ranked and (how.gate or how.daily_volatility):
        positions = sizing.balance(positions, by=by)
    return conform(positions, POSITIONS, "positions").sort("date", "ticker")


def _as_outside(how: Sizing, views: pl.DataFrame, market: Market | None) -> pl.DataFrame:
    """The weights of a strategy that was registered from outside; nothing where it says nothing."""
    own: OwnStrategy = find_outside("strategy")[how.kind].load()
    weights = own.decide(views, market, read_strategy_options(how))
    joined = views.join(weights, on=["ticker", "date"], how="left", maintain_order="left")
    return joined.with_columns(unit=pl.col("weight").fill_null(0.0), parts=pl.lit(1.0))


def views_of(forecast: pl.DataFrame, horizon: int) -> pl.DataFrame:
    """(ticker, date, mean, scale) of that horizon, where there is a mean."""
    rows = forecast.filter(pl.col("horizon") == horizon).rename({"as_of": "date"})
    rows = rows.filter(pl.col("mean").is_not_null() & pl.col("mean").is_not_nan())
    if not rows.height:
        known = ", ".join(str(one) for one in forecast["horizon"].unique().sort()) or "no rows"
        raise InvalidData(f"positions: no forecast at horizon {horizon}; they have {known}")
    scale = pl.col("scale") if "scale" in rows.columns else pl.lit(None, pl.Float64)
    return rows.select("ticker", "date", "mean", scale=scale)


def _divisor(leg: Leg, market: Market | None) -> float | None:
    """What a forecast is divided by: its own scale (None: and then held against usual convictions), or the target
    volatility over its horizon."""
    if leg.sizing.conviction == "scale" or leg.sizing.daily_volatility is None:
        return None
    return leg.sizing.daily_volatility * (need(market, "conviction").days * leg.horizon) ** 0.5
