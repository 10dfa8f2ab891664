"""Puts the results of trading into tables and sentences for the terminal: accounts side by side, limits in force,
what costs do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from cli.terminal import Terminal, shown
from ml_core.portfolio.comparison import STRATEGY, ZERO, Comparison
from ml_core.portfolio.legs import Leg, hold_of, legs_of, strategy_kind, turbulent_leg
from ml_core.spec.strategy import KINDS, Sizing, Strategy
from ml_core.vocabulary import words
from ml_core.vocabulary.words import ACCOUNTS, MONEY, short_percent

SHOWN_COSTS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
NOTHING = f"{ACCOUNTS[ZERO]}: the same sizing, expecting nothing"
NEGLIGIBLE = 0.05  # of the equity
SIGNS = {
    "long_only": "all of its share while that is above zero, else none",
    "sign": "all of its share, long or short by the sign",
}


def print_money(terminal: Terminal, one: Comparison, *, title: str) -> None:
    """Every number of the strategy, its interval, and the same of the accounts beside it; then the costs."""
    terminal.table(risk_rows(one), title=title)
    print_notes(terminal, one)
    terminal.table(sweep_rows(one), title="the strategy at other costs")


def print_notes(terminal: Terminal, one: Comparison) -> None:
    """What the numbers do not say by themselves."""
    for note in notes(one):
        terminal.say(note)


def notes(one: Comparison) -> Iterator[str]:
    reason = one.risk[STRATEGY]["sharpe_reason"]
    if reason:
        yield f"no {MONEY['sharpe'].label}, no interval: {reason}"
    exposure = one.risk[STRATEGY]["exposure"]
    if 0 < exposure < NEGLIGIBLE:
        exposed = words.percent(exposure, digits=1, sign=False)
        yield (
            f"the strategy holds {exposed} of the equity on average, which earns and loses next to nothing; "
            "strategy.yearly_volatility, such as 0.1, scales it to a stated risk, as far as leverage and limit allow"
        )
    held = one.risk[ZERO]["exposure"]
    if held:
        yield f"{NOTHING}, still holds {short_percent(held)} of the equity"
    elif exposure:
        yield f"{NOTHING}, holds nothing: all that the strategy gained or lost came of its forecasts"


def risk_rows(one: Comparison) -> list[dict[str, str]]:
    """One row a number: of the strategy with its interval, and of the others."""
    own = one.risk[STRATEGY]
    return [
        {
            "after costs": measure.label,
            ACCOUNTS[STRATEGY]: words.write(own.get(name), measure.form),
            "90 %": _interval(own, name),
            **{title: words.write(one.risk[account].get(name), measure.form) for account, title in _others()},
        }
        for name, measure in MONEY.items()
    ]


def account_rows(one: Comparison) -> list[dict[str, str]]:
    """One row an account, the numbers that are asked for first."""
    names = ("annual_return", "volatility", "sharpe", "max_drawdown", "annual_turnover")
    return [
        {
            "after costs": title,
            **{MONEY[name].label: _with_interval(one.risk[account], name) for name in names},
        }
        for account, title in ACCOUNTS.items()
    ]


def sweep_rows(one: Comparison) -> list[dict[str, str]]:
    """Annual return and Sharpe ratio at some of the cost levels."""
    levels = one.sweep.filter(pl.col("cost_bps").is_in(SHOWN_COSTS)).to_dicts()
    return [
        {
            words.COST: MONEY[name].label,
            **{shown(row["cost_bps"]): words.write(row[name], MONEY[name].form) for row in levels},
        }
        for name in ("annual_return", "sharpe")
    ]


def describe_strategy(strategy: Strategy, forecasts: pl.DataFrame, *, horizon: int) -> list[str]:
    """What is held, from which forecasts, and every setting that is in force, in sentences."""
    legs, other = legs_of(strategy, horizon=horizon), turbulent_leg(strategy, horizon=horizon)
    share = f"by what each has earned, correlations drawn to none by {shown(strategy.shrinkage)}"
    share = share if strategy.combine == "sharpe" else "in given parts"
    told = [f"{len(legs)} strategies {share}"] if len(legs) > 1 else []
    told += [_leg_text(leg, forecasts) for leg in legs]
    if other:
        told.append(f"in turbulence: {_leg_text(other, forecasts)}")
    every, when = hold_of(strategy, horizon=horizon), strategy.execution.replace("_", " ")
    often = "every session" if every == 1 else f"every {every} sessions"
    cost = f"{shown(strategy.cost_bps)} bp a side, {shown(2 * strategy.cost_bps)} a round trip"
    told.append(f"traded {often} at the {when}, {cost}")
    return [*told, *limits_in_force(strategy)]


def limits_in_force(strategy: Strategy) -> list[str]:
    """The limits of the book, in the order they apply."""
    limits = {
        f"{short_percent(strategy.turbulent_share)} of it in turbulence": strategy.turbulent_share < 1,
        f"names that move together by more than {shown(strategy.max_correlation)} share one position": (
            strategy.max_correlation
        ),
        f"volatility of {short_percent(strategy.yearly_volatility)} a year": strategy.yearly_volatility,
        f"at most {shown(strategy.leverage)} x the equity": True,
        f"at most {short_percent(strategy.limit)} a position": strategy.limit < 1,
        f"nothing left at a drawdown of {short_percent(strategy.max_drawdown)}": strategy.max_drawdown,
        f"entered {strategy.delay} sessions later": strategy.delay,
    }
    return [text for text, holds in limits.items() if holds]


def _interval(told: dict[str, Any], name: str) -> str:
    return words.interval(told.get(f"{name}_low"), told.get(f"{name}_high"), MONEY[name].form)


def _with_interval(told: dict[str, Any], name: str) -> str:
    shown_interval = _interval(told, name) if name == "sharpe" else ""
    return " ".join(filter(None, (words.write(told.get(name), MONEY[name].form), shown_interval)))


def _others() -> list[tuple[str, str]]:
    return [(account, title) for account, title in ACCOUNTS.items() if account != STRATEGY]


def _leg_text(leg: Leg, forecasts: pl.DataFrame) -> str:
    return "; ".join((_held(leg, forecasts), *_sized(leg.sizing)))


def _held(leg: Leg, forecasts: pl.DataFrame) -> str:
    how, ahead = leg.sizing, f"by the forecast {leg.horizon} ahead"
    kind = strategy_kind(forecasts, how)
    if kind in SIGNS:
        return f"each ticker {ahead}: {SIGNS[kind]}"
    if kind not in KINDS:
        told = ", ".join(f"{name} {shown(value)}" for name, value in how.options.items())
        return f"as {kind}, a strategy from outside, decides {ahead}" + (f", with {told}" if told else "")
    if kind == "single":
        if how.conviction == "target":
            return f"each ticker {ahead}, tanh of it over the daily target"
        return f"each ticker {ahead}: half its share at a usual conviction, all of it at twice that"
    of = " of each sector" if how.neutral == "sector" else ""
    return f"long the best {short_percent(how.quantile)}{of}, short the worst, {ahead}"


def _sized(how: Sizing) -> Iterator[str]:
    if how.smoothing:
        yield f"smoothed, half-life {shown(how.smoothing)} sessions"
    if how.daily_volatility:
        yield f"{short_percent(how.daily_volatility)} a day each, by its last {how.volatility_sessions} sessions"
    if how.gate:
        yield f"only where surer than {short_percent(how.gate)} of the {how.gate_sessions} dates before"
