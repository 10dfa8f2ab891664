"""What trading the forecasts came to on the holdout: the strategy's account, and the accounts beside it."""

from __future__ import annotations

import datetime as dt

from ml_core.registry.part import EvidencePart


class Account(EvidencePart):
    """Return and risk of one account after costs. A number that the sessions do not bear is null; `sharpe_reason`
    says why there is no Sharpe."""

    start: dt.date | None = None
    end: dt.date | None = None
    periods_per_year: float | None = None
    sessions: int
    scored: int | None = None
    cumulative: float | None
    annual_return: float | None = None
    volatility: float | None = None
    sharpe: float | None = None
    annual_return_low: float | None = None
    annual_return_high: float | None = None
    volatility_low: float | None = None
    volatility_high: float | None = None
    sharpe_low: float | None = None
    sharpe_high: float | None = None
    max_drawdown_low: float | None = None
    max_drawdown_high: float | None = None
    probabilistic_sharpe: float | None = None
    deflated_sharpe: float | None = None
    trials: int | None = None
    sharpe_reason: str | None = None
    sortino: float | None = None
    calmar: float | None = None
    max_drawdown: float | None = None
    max_drawdown_sessions: int | None = None
    win_rate: float | None = None
    var: float | None = None
    cvar: float | None = None
    skew: float | None = None
    kurtosis: float | None = None
    gross: float | None = None
    turnover: float | None = None
    annual_turnover: float | None = None
    exposure: float | None = None
    break_even_cost_bps: float | None = None


class CostLevel(EvidencePart):
    """The strategy, had trading cost so much."""

    cost_bps: float
    cumulative: float | None = None
    annual_return: float | None = None
    volatility: float | None = None
    sharpe: float | None = None


class Backtest(Account):
    """The strategy's own numbers; beside them buy and hold, an equal weight, and the same sizing on forecasts of zero,
    all on the same sessions."""

    benchmark: Account
    equal_weight: Account | None = None
    zero_forecast: Account | None = None
    costs: tuple[CostLevel, ...] = ()
