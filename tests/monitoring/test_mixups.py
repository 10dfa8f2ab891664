"""Bars that are another's are found by a twin in the universe, or by price and turnover together; neither a crash nor
two classes of one share is taken for it."""

import tracemalloc

import numpy as np
import pytest

from ml_core.monitoring.checks.mixups import BEFORE, NEAR, SAME, find_strangers, find_twins

TICKERS = ["AAA", "BBB", "CCC"]
SESSIONS = 300


@pytest.fixture
def market() -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of prices and of turnover."""
    rng = np.random.default_rng(4)
    level = 4 + np.cumsum(rng.normal(0, 0.02, (SESSIONS, 3)), axis=0)
    return level, level + 12 + rng.normal(0, 0.3, (SESSIONS, 3))


def breached(findings) -> list[str]:
    return [one.subject for one in findings if one.breach]


@pytest.mark.parametrize("days", range(1, 9))
def test_a_twin_is_found_as_soon_as_equal_returns_are_no_chance(market, days):
    level, _ = market
    level[-days:, 0] = level[-days - 1, 0] + level[-days:, 1] - level[-days - 1, 1]
    assert breached(find_twins(level, TICKERS)) == (["AAA and BBB"] if days > SAME else [])


def test_two_classes_of_one_share_have_always_moved_as_one(market):
    level, _ = market
    level[:, 0] = level[:, 1] - 1
    assert find_twins(level, TICKERS) == []


def test_of_many_tickers_every_twin_is_found_and_little_is_held_at_once():
    many = 600
    rng = np.random.default_rng(5)
    level = 4 + np.cumsum(rng.normal(0, 0.02, (SESSIONS, many)), axis=0)
    for one, other in ((0, 599), (63, 64), (130, 131)):  # in blocks of their own, and over the edge of one
        level[-9:, one] = level[-10, one] + level[-9:, other] - level[-10, other]
    tracemalloc.start()
    found = find_twins(level, [f"T{place:03}" for place in range(many)])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert breached(found) == ["T000 and T599", "T063 and T064", "T130 and T131"]
    assert most < 16 * 2**20


def test_a_session_without_a_move_or_a_price_makes_no_twins(market):
    level, _ = market
    level[-8:, :2] = level[-9, :2]
    level[-8:, 2] = np.nan
    assert find_twins(level, TICKERS) == []


def test_a_stranger_is_told_when_most_of_the_last_sessions_are_his(market):
    for days in range(1, NEAR + 1):
        level, turnover = (part.copy() for part in market)
        level[-days:, 0] -= 1.5
        turnover[-days:, 0] += 3
        found = find_strangers(level, turnover, TICKERS)
        assert breached(found) == (["AAA"] if days > NEAR // 2 else []), days


@pytest.mark.parametrize(("price", "turnover"), [(-0.9, 0.0), (0.0, 3.0)])
def test_a_crash_alone_or_a_rush_alone_is_none(market, price, turnover):
    level, traded = market
    level[-3:, 0] += price
    traded[-3:, 0] += turnover
    assert breached(find_strangers(level, traded, TICKERS)) == []


def test_of_a_ticker_without_a_past_nothing_is_told(market):
    level, turnover = market
    level[: -(NEAR + BEFORE), 2] = np.nan
    assert [one.subject for one in find_strangers(level, turnover, TICKERS)] == ["AAA", "BBB"]
