"""Measures the risk and reward of a backtest. The result is a plain dictionary (JSON), with null where a number is
not earned."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml_core.errors import NotEnoughData
from ml_core.evaluation.sharpe import deflated_sharpe, probabilistic_sharpe, sharpe
from ml_core.frames import BACKTEST, Array, conform
from ml_core.portfolio.backtest import charge
from ml_core.portfolio.intervals import MEASURED, draw_intervals

YEAR = 252
ENOUGH = 126  # sessions from which a Sharpe is given: half a year; 26 weeks are as many
TAIL = 0.05
STILL = 0.0005  # a return a year that is shown as 0.0 %
CALM = 0.005  # and a volatility a year at which it says that next to nothing was held


@dataclass(frozen=True)
class ScoredSessions:
    """How many sessions had a forecast, and which sessions of an account stand under a decision that is not older
    than it is held for; on the others what was decided long before is only held, and earns no Sharpe."""

    forecasts: int
    fresh_T: NDArray[np.bool_]

    @property
    def sessions(self) -> int:
        return min(self.forecasts, int(self.fresh_T.sum()))

    @classmethod
    def all_of(cls, sessions: int) -> "ScoredSessions":
        return cls(sessions, np.ones(sessions, dtype=bool))


def describe_account(
    backtest: pl.DataFrame,
    *,
    periods_per_year: float,
    seed: int,
    trials: int = 1,
    scored: ScoredSessions | None = None,
) -> dict[str, Any]:
    """Return and risk after costs, and what trading took."""
    table = conform(backtest, BACKTEST, "backtest")
    if not table.height:
        raise NotEnoughData("risk: the backtest has no session; expected at least one")
    names = ("net", "gross", "turnover", "exposure")
    net, gross, turnover, exposure = (table[name].to_numpy() for name in names)
    return {
        "start": str(table["date"][0]),
        "end": str(table["date"][-1]),
        "periods_per_year": periods_per_year,
        **describe(net, periods_per_year=periods_per_year, seed=seed, trials=trials, scored=scored),
        "gross": float(np.prod(1 + gross) - 1),
        "turnover": float(turnover.mean()),
        "annual_turnover": float(turnover.mean() * periods_per_year),
        "exposure": float(exposure.mean()),
        "break_even_cost_bps": break_even_cost(gross, turnover),
    }


def describe(
    returns: Array,
    *,
    periods_per_year: float,
    seed: int,
    trials: int = 1,
    scored: ScoredSessions | None = None,
) -> dict[str, Any]:
    """What can be said of one stream of returns. A Sharpe and every interval need 126 scored sessions (183 where every
    day is traded); with fewer they are null and `sharpe_reason` says why. `trials`: how many were tried before this
    one was chosen. They read those sessions alone that are `scored` (default: all)."""
    from scipy import stats  # slow to import, and no trial of a search asks for it

    scored = scored or ScoredSessions.all_of(len(returns))
    cumulative = float(np.prod(1 + returns) - 1)
    annual = float((1 + cumulative) ** (periods_per_year / len(returns)) - 1) if cumulative > -1 else -1.0
    depth, length = drawdown(returns)
    spread = float(returns.std(ddof=1)) if len(returns) > 1 else None
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    moved = returns[returns != 0]
    value_at_risk, shortfall = tail_loss(returns)
    return {
        "sessions": len(returns),
        "scored": scored.sessions,
        "cumulative": cumulative,
        "annual_return": annual,
        "volatility": spread * periods_per_year**0.5 if spread is not None else None,
        **_sharpe(returns, scored, periods_per_year=periods_per_year, seed=seed, trials=trials),
        "sortino": _ratio(float(returns.mean()) * periods_per_year**0.5, downside),
        "calmar": _ratio(annual, -depth),
        "max_drawdown": depth,
        "max_drawdown_sessions": length,
        "win_rate": float((moved > 0).mean()) if len(moved) else None,
        "var": value_at_risk,
        "cvar": shortfall,
        "skew": _moment(returns, stats.skew),
        "kurtosis": _moment(returns, lambda values: stats.kurtosis(values, fisher=False)),
    }


def deflate(told: dict[str, Any], returns: Array, scored: ScoredSessions, *, trials: int) -> dict[str, Any]:
    """What is told of an account, had it been chosen among so many trials: nothing else of it reads them."""
    given = told["sharpe"] is not None
    deflated = deflated_sharpe(returns[scored.fresh_T], trials=trials) if given else None
    return {**told, "deflated_sharpe": deflated, "trials": trials}


def drawdown(returns: Array) -> tuple[float, int]:
    """The deepest fall below an earlier peak (negative), and the longest stretch of sessions below one."""
    equity = np.concatenate([[1.0], np.cumprod(1 + returns)])
    peak = np.maximum.accumulate(equity)
    place = np.arange(len(equity))
    last_peak = np.maximum.accumulate(np.where(equity == peak, place, 0))
    return float((equity / peak - 1).min()), int((place - last_peak).max())


def tail_loss(returns: Array) -> tuple[float, float]:
    """Loss that one session in twenty exceeds, and the mean loss of those sessions; positive: a loss."""
    threshold = np.quantile(returns, TAIL)
    return 0.0 - float(threshold), 0.0 - float(returns[returns <= threshold].mean())


def break_even_cost(gross: Array, turnover: Array) -> float | None:
    """The cost in basis points per side that eats all of the gross return; 0 if there is none to eat.

    Null if nothing was traded.
    """
    from scipy import optimize

    if not turnover.any():
        return None
    if np.prod(1 + gross) <= 1:
        return 0.0
    worth = float(np.log1p(gross).sum())
    most = 1e4 / turnover.max()

    def left(cost: float) -> float:
        return worth + float(np.log(np.maximum(1 - turnover * cost / 1e4, 1e-300)).sum())

    return float(optimize.root_scalar(left, bracket=(0.0, most), method="brentq").root)


def sweep_costs(
    backtest: pl.DataFrame,
    levels: Sequence[float],
    *,
    periods_per_year: float,
    scored: ScoredSessions | None = None,
) -> pl.DataFrame:
    """Cumulative and annual return, volatility and Sharpe at each cost level, in one pass."""
    table = conform(backtest, BACKTEST, "backtest")
    gross, turnover = table["gross"].to_numpy()[:, None], table["turnover"].to_numpy()[:, None]
    net_TC = charge(gross, turnover, np.asarray(levels, dtype=float))
    cumulative = np.prod(1 + net_TC, axis=0) - 1
    annual = np.maximum(1 + cumulative, 0.0) ** (periods_per_year / len(net_TC)) - 1
    scored = scored or ScoredSessions.all_of(len(net_TC))
    refused = _too_short(scored.sessions, periods_per_year)
    fresh_TC = net_TC[scored.fresh_T]
    ratios = [
        None if refused or _says_nothing(net, periods_per_year) else sharpe(net) * periods_per_year**0.5
        for net in fresh_TC.T
    ]
    return pl.DataFrame(
        {
            "cost_bps": list(map(float, levels)), "cumulative": cumulative, "annual_return": annual,
            "volatility": net_TC.std(axis=0, ddof=1) * periods_per_year**0.5, "sharpe": ratios,
        },
        schema_overrides={"sharpe": pl.Float64},
    )  # fmt: skip


def _sharpe(
    returns: Array, scored: ScoredSessions, *, periods_per_year: float, seed: int, trials: int
) -> dict[str, Any]:
    returns = returns[scored.fresh_T]
    if reason := _too_short(scored.sessions, periods_per_year) or _says_nothing(returns, periods_per_year):
        bounds = [f"{name}_{end}" for name in MEASURED for end in ("low", "high")]
        empty = dict.fromkeys(("sharpe", *bounds, "probabilistic_sharpe", "deflated_sharpe"))
        return {**empty, "trials": trials, "sharpe_reason": reason}
    return {
        "sharpe": sharpe(returns) * periods_per_year**0.5,
        **draw_intervals(returns, periods_per_year=periods_per_year, seed=seed),
        "probabilistic_sharpe": probabilistic_sharpe(returns),
        "deflated_sharpe": deflated_sharpe(returns, trials=trials),
        "trials": trials,
        "sharpe_reason": None,
    }


def _too_short(periods: int, periods_per_year: float) -> str | None:
    year = max(YEAR, periods_per_year)
    sessions, enough = periods * year / periods_per_year, ENOUGH * year / YEAR
    if sessions >= enough - 1e-9:
        return None
    return f"{periods} periods are {sessions:.0f} scored sessions; a Sharpe needs {math.ceil(enough)}"


def _says_nothing(returns: Array, periods_per_year: float) -> str | None:
    """Why a ratio of two numbers that are nothing, or next to it, says nothing."""
    if not returns.any():
        return "no return ever moved"
    annual = float(np.mean(returns)) * periods_per_year
    spread = float(returns.std()) * periods_per_year**0.5
    if abs(annual) >= STILL or spread >= CALM:
        return None
    return f"a return of 0.0 % a year at a volatility of {spread:.2%}: next to nothing was held"


def _ratio(value: float, by: float) -> float | None:
    return value / by if by > 0 else None


def _moment(returns: Array, moment: Any) -> float | None:
    return float(moment(returns)) if len(returns) > 2 and returns.std() > 0 else None
