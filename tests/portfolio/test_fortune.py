"""The band of luck holds what an account without an edge comes to, and not one that has one."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.frames import BACKTEST
from ml_core.portfolio.fortune import LUCK_BAND, draw_luck

SESSIONS = 250


def account_of(gross: np.ndarray, cost: float = 0.0) -> pl.DataFrame:
    dates = [dt.date(2020, 1, 1) + dt.timedelta(days=day) for day in range(len(gross))]
    rest = dict.fromkeys(("turnover", "exposure", "benchmark"), 0.0)
    table = pl.DataFrame({"date": dates, "gross": gross, "net": (1 + gross) * (1 - cost) - 1})
    return table.with_columns(**{name: pl.lit(value) for name, value in rest.items()}).select(list(BACKTEST))


def ends_inside(gross: np.ndarray, cost: float = 0.0) -> bool:
    account = account_of(gross, cost)
    last = draw_luck(account, hold=1).row(-1, named=True)
    return last["low"] <= np.prod(1 + account["net"].to_numpy()) <= last["high"]


def test_nine_of_ten_accounts_without_an_edge_end_inside_and_one_with_an_edge_does_not():
    rng = np.random.default_rng(0)
    noise = rng.normal(0.0, 0.01, (200, SESSIONS))
    held = np.mean([ends_inside(one) for one in noise])
    assert 0.84 <= held <= 0.96
    assert not any(ends_inside(one + 0.004) for one in noise[:20])


def test_costs_are_paid_by_luck_too():
    gross = np.random.default_rng(1).normal(0.0, 0.01, SESSIONS)
    free, dear = (draw_luck(account_of(gross, cost), hold=1) for cost in (0.0, 0.001))
    assert dear["high"][-1] / free["high"][-1] == pytest.approx((1 - 0.001) ** SESSIONS, rel=0.02)


def test_it_begins_near_one_and_has_every_session():
    account = account_of(np.random.default_rng(2).normal(0.0, 0.01, SESSIONS))
    band = draw_luck(account, hold=5)
    assert dict(band.schema) == LUCK_BAND
    assert band["date"].equals(account["date"])
    assert band["low"][0] == pytest.approx(1.0, abs=0.05)
    assert (band["low"] < band["high"]).all()
