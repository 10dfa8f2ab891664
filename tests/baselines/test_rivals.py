"""Rivals of the range on markets whose volatility is known: who describes how it came about is the best there, and
nobody is far behind."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from ml_core.baselines import fit_baseline
from ml_core.claims.case import Terms
from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.evaluation.metrics import normal_crps
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Model, Task
from tests.baselines.rows import lesson_of, rows_asked, windows_of
from tests.market import NOW, prices_of, read_windows

SESSIONS, TICKERS, LEVEL = 1500, 8, 1e-4
RIVALS = Terms().range


def clustering(*, gamma: float, alpha: float, beta: float, seed: int = 0) -> Windows:
    """GARCH, with falls that count by themselves."""
    rng = np.random.default_rng(seed)
    step_TN, variance_N = np.empty((SESSIONS, TICKERS)), np.full(TICKERS, LEVEL)
    omega = LEVEL * (1 - alpha - gamma / 2 - beta)
    for session in range(SESSIONS):
        step_N = step_TN[session] = np.sqrt(variance_N) * rng.standard_normal(TICKERS)
        variance_N = omega + (alpha + gamma * (step_N < 0)) * step_N**2 + beta * variance_N
    return windows_of(step_TN)


def stochastic(*, seed: int = 0) -> Windows:
    """The log variance wanders by itself, and the bars, of a night and twenty moves of a day, show more of it than
    their closes do."""
    rng = np.random.default_rng(seed)
    log_TN = np.zeros((SESSIONS, TICKERS))
    for session in range(1, SESSIONS):
        log_TN[session] = 0.95 * log_TN[session - 1] + 0.3 * rng.standard_normal(TICKERS)
    moves_KTN = np.sqrt(LEVEL * np.exp(log_TN) / 21) * rng.standard_normal((21, SESSIONS, TICKERS))
    path_KTN = np.cumsum(moves_KTN, axis=0)
    close_TN = 100 * np.exp(np.cumsum(path_KTN[-1], axis=0))
    bars = {"open": path_KTN[0], "high": path_KTN.max(axis=0), "low": path_KTN.min(axis=0)}
    columns = {name: (close_TN * np.exp(part_TN - path_KTN[-1])).T.ravel() for name, part_TN in bars.items()}
    prices = prices_of(close_TN).with_columns(**{name: pl.Series(part) for name, part in columns.items()})
    return read_windows(prices, Task(horizons=(1, 5)), ("momentum_1",))


def in_regimes() -> Windows:
    """Our own simulated market: GARCH, wilder while the market is turbulent."""
    config = simulated.Config(seed=1, sessions=SESSIONS, signal="none")
    request = Request(tuple(f"T{number}" for number in range(TICKERS)), {}, "XNYS", None, None, NOW)
    prices = adjust(simulated.fetch(request, config).bars)
    return read_windows(prices, Task(horizons=(1, 5)), ("momentum_1",))


MARKETS = {
    "garch": lambda: clustering(gamma=0.0, alpha=0.07, beta=0.9),
    "falls": lambda: clustering(gamma=0.15, alpha=0.01, beta=0.88),
    "stochastic": stochastic,
    "regimes": in_regimes,
}


@cache
def beside_garch(market: str) -> dict[str, np.ndarray]:
    """The CRPS of each rival, and of the plain exponential scale, as a share of GARCH's, at each horizon."""
    windows = MARKETS[market]()
    lesson = replace(lesson_of(windows), rival=True)
    asked_NT = rows_asked(lesson)
    error_NTH, found = np.abs(windows.y_NTH) * windows.unit_NTH, {}
    for name in (*RIVALS, "ewma"):
        scale_NTH = fit_baseline(Model(family=name), lesson).outputs(windows, asked_NT, ())[1]
        loss_NTH = normal_crps(error_NTH, scale_NTH * windows.unit_NTH)
        found[name] = np.nanmean(loss_NTH[asked_NT], axis=0)
    return {name: loss_H / found["garch"] for name, loss_H in found.items()}


def test_where_garch_is_the_truth_nobody_is_better_than_it_or_far_behind():
    told = beside_garch("garch")
    assert all((loss_H > 0.9990).all() and (loss_H < 1.003).all() for loss_H in told.values())
    assert (told["ewma"] > 1.0005).all()


def test_where_falls_make_the_next_day_wilder_the_one_who_sees_it_is_better():
    told = beside_garch("falls")
    assert told["gjr_garch"][0] < 0.997
    assert told["gjr_garch"][0] < min(told[name][0] for name in ("garch", "log_har", "ewma"))


def test_where_bars_show_more_than_closes_the_one_who_reads_them_is_better():
    told = beside_garch("stochastic")
    assert (told["log_har"] < 0.995).all()
    assert (told["gjr_garch"] < 1.003).all()


@pytest.mark.parametrize("market", MARKETS)
def test_each_rival_is_near_garch_or_better_and_better_than_a_plain_exponential_scale(market):
    told = beside_garch(market)
    for name in RIVALS:
        assert (told[name] < 1.004).all(), name
        assert told[name].mean() < told["ewma"].mean(), name
