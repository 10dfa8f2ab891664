"""Puts the results of trading into tables and sentences for the terminal: accounts side by side, limits in force,
what costs do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from cli.terminal import Terminal, shown
from ml_core.portfolio.comparison import EQUAL, HELD, STRATEGY, ZERO, Comparison
from ml_core.portfolio.legs import Leg, hold_of, legs_of, strategy_kind, turbulent_leg
from ml_core.spec.strategy import Sizing, Strategy

ACCOUNTS = {STRATEGY: "strategy", HELD: "buy and hold", EQUAL: "equal weight", ZERO: "zero forecast"}
ROWS = {
    "cumulative": ("return in all", "share"),
    "annual_return": ("return a year", "share"),
    "volatility": ("volatility a year", "share"),
    "sharpe": ("Sharpe", "number"),
    "probabilistic_sharpe": ("chance that it is above 0", "share"),
    "deflated_sharpe": ("above the luck of all trials", "share"),
    "sortino": ("Sortino", "number"),
    "calmar": ("Calmar", "number"),
    "max_drawdown": ("deepest fall", "share"),
    "max_drawdown_sessions": ("sessions below a peak", "number"),
    "win_rate": ("winning sessions", "share"),
    "var": ("loss of one session in 20", "share"),
    "cvar": ("mean loss beyond it", "share"),
    "skew": ("skew", "number"),
    "annual_turnover": ("traded a year, x equity", "number"),
    "exposure": ("invested", "share"),
    "break_even_cost_bps": ("break-even cost, bp a side", "number"),
}
SHOWN_COSTS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
NOTHING = "zero forecast: the same sizing, expecting nothing"
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
        yield f"no Sharpe, no interval: {reason}"
    exposure = one.risk[STRATEGY]["exposure"]
    if 0 < exposure < NEGLIGIBLE:
        yield (
            f"the strategy holds {exposure:.1%} of the equity on average, which earns and loses next to nothing; "
            "strategy.yearly_volatility, such as 0.1, scales it to a stated risk, as far as leverage and limit allow"
        )
    held = one.risk[ZERO]["exposure"]
    told = "holds nothing: all that the strategy earned came of its forecasts" if held == 0 else "still holds"
    yield f"{NOTHING}, {told}" + (f" {held:.0%} of the equity" if held else "")


def risk_rows(one: Comparison) -> list[dict[str, str]]:
    """One row a number: of the strategy with its interval, and of the others."""
    own = one.risk[STRATEGY]
    return [
        {
            "after costs": label,
            "strategy": figure(own.get(name), form),
            "90 %": interval(own, name, form),
            **{title: figure(one.risk[account].get(name), form) for account, title in _others()},
        }
        for name, (label, form) in ROWS.items()
    ]


def account_rows(one: Comparison) -> list[dict[str, str]]:
    """One row an account, the numbers that are asked for first."""
    names = ("annual_return", "volatility", "sharpe", "max_drawdown", "annual_turnover")
    return [
        {
            "after costs": title,
            **{ROWS[name][0]: _with_interval(one.risk[account], name) for name in names},
        }
        for account, title in ACCOUNTS.items()
    ]


def sweep_rows(one: Comparison) -> list[dict[str, str]]:
    """Return and Sharpe at some of the cost levels."""
    levels = one.sweep.filter(pl.col("cost_bps").is_in(SHOWN_COSTS)).to_dicts()
    return [
        {
            "cost, bp a side": ROWS[name][0],
            **{shown(row["cost_bps"]): figure(row[name], ROWS[name][1]) for row in levels},
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
    found = {
        f"{strategy.turbulent_share:.0%} of it in turbulence": strategy.turbulent_share < 1,
        f"names that move together by more than {shown(strategy.max_correlation)} share one position": (
            strategy.max_correlation
        ),
        f"volatility of {percent(strategy.yearly_volatility)} a year": strategy.yearly_volatility,
        f"at most {shown(strategy.leverage)} x the equity": True,
        f"at most {percent(strategy.limit)} a position": strategy.limit < 1,
        f"nothing left at a fall of {percent(strategy.max_drawdown)}": strategy.max_drawdown,
        f"entered {strategy.delay} sessions later": strategy.delay,
    }
    return [text for text, holds in found.items() if holds]


def percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.3g} %"


def figure(value: Any, form: str) -> str:
    if value is None or not math.isfinite(value):
        return "-"
    return (
        f"{value:.1%}" if form == "share" else f"{value:,.0f}" if isinstance(value, int) else f"{value:.2f}"
    )


def interval(told: dict[str, Any], name: str, form: str) -> str:
    if told.get(f"{name}_low") is None:
        return ""
    return f"[{figure(told[f'{name}_low'], form)}, {figure(told[f'{name}_high'], form)}]"


def _with_interval(told: dict[str, Any], name: str) -> str:
    form = ROWS[name][1]
    shown_interval = interval(told, name, form) if name == "sharpe" else ""
    return " ".join(filter(None, (figure(told.get(name), form), shown_interval)))


def _others() -> list[tuple[str, str]]:
    return [(account, title) for account, title in ACCOUNTS.items() if account != STRATEGY]


def _leg_text(leg: Leg, forecasts: pl.DataFrame) -> str:
    return "; ".join((_held(leg, forecasts), *_sized(leg.sizing)))


def _held(leg: Leg, forecasts: pl.DataFrame) -> str:
    how, ahead = leg.sizing, f"by the forecast {leg.horizon} ahead"
    kind = strategy_kind(forecasts, how)
    if kind in SIGNS:
        return f"each ticker {ahead}: {SIGNS[kind]}"
    if kind == "single":
        if how.conviction == "target":
            return f"each ticker {ahead}, tanh of it over the daily target"
        return f"each ticker {ahead}: half its share at a usual conviction, all of it at twice that"
    of = " of each sector" if how.neutral == "sector" else ""
    return f"long the best {percent(how.quantile)}{of}, short the worst, {ahead}"


def _sized(how: Sizing) -> Iterator[str]:
    if how.smoothing:
        yield f"smoothed, half-life {shown(how.smoothing)} sessions"
    if how.daily_volatility:
        yield f"{percent(how.daily_volatility)} a day each, by its last {how.volatility_sessions} sessions"
    if how.gate:
        yield f"only where surer than {percent(how.gate)} of the {how.gate_sessions} dates before"
