"""Sets a strategy beside what needs no forecast, such as buy and hold: accounts, their risk, and what costs do to
them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from ml_core.frames import BACKTEST
from ml_core.portfolio.backtest import Execution, possible_execution
from ml_core.portfolio.intervals import MEASURED
from ml_core.portfolio.legs import hold_of
from ml_core.portfolio.market import Market, check_calendar
from ml_core.portfolio.risk import ScoredSessions, deflate, describe, describe_account, sweep_costs
from ml_core.portfolio.strategies import build_positions, trade
from ml_core.spec.strategy import Strategy

STRATEGY, HELD, EQUAL, ZERO = "strategy", "buy_and_hold", "equal_weight", "zero_forecast"
COSTS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 35, 40, 45, 50)

ACCOUNTS = {"account": pl.String, **{name: kind for name, kind in BACKTEST.items() if name != "benchmark"}}
RISK = {
    "account": pl.String, "metric": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """One span of time: what the strategy held, its BACKTEST, and all accounts on the same sessions.

    `accounts` has the columns of ACCOUNTS; `risk` names each account; `sweep` is the strategy at each cost level;
    `scored` are the sessions that its Sharpe reads; `execution` is what the prices allowed.
    """

    positions: pl.DataFrame
    backtest: pl.DataFrame
    accounts: pl.DataFrame
    risk: Mapping[str, dict[str, Any]]
    sweep: pl.DataFrame
    scored: ScoredSessions
    execution: Execution

    def chosen_among(self, trials: int) -> Comparison:
        """The same accounts, the strategy's Sharpe deflated by so many trials."""
        net = self.backtest["net"].to_numpy()
        own = deflate(self.risk[STRATEGY], net, self.scored, trials=trials)
        return replace(self, risk={**self.risk, STRATEGY: own})

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """What a report draws and writes, by name."""
        return {
            "accounts": self.accounts,
            "risk": risk_table(self.risk),
            "sweep": self.sweep,
            "positions": self.positions,
        }

    @property
    def summary(self) -> dict[str, Any]:
        """As evidence keeps it: the strategy's own numbers, and the others under their names."""
        others = {name: dict(told) for name, told in self.risk.items() if name not in (STRATEGY, HELD)}
        return {
            **self.risk[STRATEGY],
            "benchmark": dict(self.risk[HELD]),
            **others,
            "costs": self.sweep.to_dicts(),
        }


def compare(
    forecasts: pl.DataFrame,
    strategy: Strategy,
    market: Market,
    *,
    horizon: int,
    seed: int = 0,
    trials: int = 1,
) -> Comparison:
    """The strategy on these forecasts, beside buy and hold, an equal weight of the same tickers rebalanced as often at
    the same costs, and the same sizing on forecasts of zero. `trials` were tried before this one was chosen."""
    check_calendar(market)
    possible = possible_execution(market.prices, strategy.execution)  # said once, not for every account
    strategy = strategy.model_copy(update={"execution": possible})
    hold, periods = hold_of(strategy, horizon=horizon), market.periods_per_year
    positions = build_positions(forecasts, strategy, horizon=horizon, market=market)
    nothing = build_positions(zeroed(forecasts), strategy, horizon=horizon, market=market)
    even = positions.with_columns(weight=1.0 / pl.len().over("date"))
    books = {STRATEGY: positions, EQUAL: even, ZERO: nothing}
    account = {name: trade(book, strategy, hold=hold, market=market) for name, book in books.items()}
    own = account[STRATEGY]
    scored = _scored(forecasts, positions, own, market=market, hold=hold)
    risk = {
        name: describe_account(
            table,
            periods_per_year=periods,
            seed=seed,
            trials=trials if name == STRATEGY else 1,
            scored=scored,
        )
        for name, table in account.items()
    }
    bought = describe(own["benchmark"].to_numpy(), periods_per_year=periods, seed=seed, scored=scored)
    return Comparison(
        positions,
        own,
        _tidy({**account, HELD: _held(own)}),
        {STRATEGY: risk[STRATEGY], HELD: bought, EQUAL: risk[EQUAL], ZERO: risk[ZERO]},
        sweep_costs(own, COSTS, periods_per_year=periods, scored=scored),
        scored,
        possible,
    )


def zeroed(forecasts: pl.DataFrame) -> pl.DataFrame:
    """The same rows, each expecting nothing."""
    return forecasts.with_columns(mean=pl.when(pl.col("mean").is_not_null()).then(0.0))


def _scored(
    forecasts: pl.DataFrame, positions: pl.DataFrame, own: pl.DataFrame, *, market: Market, hold: int
) -> ScoredSessions:
    """Between test spans, and where forecasts are far apart, the last decision is held on beyond its time."""
    asked = forecasts.filter(pl.col("mean").is_not_null() & pl.col("mean").is_not_nan())["as_of"].n_unique()
    sessions = market.grid.sessions
    decided = np.searchsorted(sessions, positions["date"].unique().sort().to_numpy(), side="right") - 1
    place_T = np.searchsorted(sessions, own["date"].to_numpy())
    latest_T = np.searchsorted(decided, place_T, side="left") - 1  # what is decided at a close earns after it
    return ScoredSessions(asked, (latest_T >= 0) & (place_T - decided[np.maximum(latest_T, 0)] <= hold))


def risk_table(risk: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """One row an account and number, with its interval where one is drawn."""
    ends = {f"{name}_{end}" for name in MEASURED for end in ("low", "high")}
    rows = [
        (account, name, float(value), told.get(f"{name}_low"), told.get(f"{name}_high"))
        for account, told in risk.items()
        for name, value in told.items()
        if isinstance(value, (int, float)) and name not in ends
    ]
    return pl.DataFrame(rows, schema=RISK, orient="row")


def _held(own: pl.DataFrame) -> pl.DataFrame:
    """The benchmark's account: bought once, without cost."""
    return own.with_columns(
        gross=pl.col("benchmark"), net=pl.col("benchmark"), turnover=pl.lit(0.0), exposure=pl.lit(1.0)
    )


def _tidy(accounts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(
        table.with_columns(account=pl.lit(name)).select(list(ACCOUNTS)) for name, table in accounts.items()
    )
