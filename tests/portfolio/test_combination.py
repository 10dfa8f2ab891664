"""Several strategies in one account: weighed by what each had earned, drawn to equal parts, and never by the future."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.portfolio.combination import LEAST_SESSIONS, combine, share_as_given, share_by_sharpe, weigh
from tests.portfolio.market import make_positions

YEAR = 252.0


def returns_of(
    sessions: int = 300, *, seed: int = 0, means: tuple[float, ...] = (0.001, 0.0, -0.001)
) -> np.ndarray:
    return np.random.default_rng(seed).normal(means, 0.01, (sessions, len(means)))


def test_independent_strategies_are_held_by_mean_over_variance():
    moves_TL = returns_of(100_000, means=(0.001, 0.002))
    moves_TL[:, 1] *= 2
    found = weigh(moves_TL, shrinkage=0.0, year=0.0)
    wanted = np.array([0.001 / 0.01**2, 0.004 / 0.02**2])
    assert found == pytest.approx(wanted / wanted.sum(), abs=0.05)


def test_two_that_earn_the_same_together_get_what_one_alone_would():
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.001, 0.01, (2, 4000))
    twin = first + rng.normal(0, 1e-4, 4000)
    three = weigh(np.stack([first, twin, second], axis=1), shrinkage=0.05, year=0.0)
    two = weigh(np.stack([first, second], axis=1), shrinkage=0.05, year=0.0)
    assert three[:2].sum() == pytest.approx(two[0], abs=0.03)
    drawn = weigh(np.stack([first, twin, second], axis=1), shrinkage=1.0, year=0.0)
    assert drawn[0] == pytest.approx(drawn[1], abs=0.02)  # without correlations each counts by itself
    assert drawn[:2].sum() > three[:2].sum() + 0.1


@given(seed=st.integers(0, 10_000), shrinkage=st.floats(0, 1), sessions=st.integers(0, 400))
@settings(max_examples=30, deadline=None)
def test_shares_are_positive_and_add_up_to_one(seed, shrinkage, sessions):
    found = weigh(returns_of(sessions, seed=seed), shrinkage=shrinkage, year=YEAR)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1.0)
    assert (found >= YEAR / (sessions + YEAR) / 3 - 1e-12).all()  # what is left to equal parts


def test_equal_parts_until_a_quarter_has_passed_and_while_nobody_has_earned():
    assert weigh(returns_of(LEAST_SESSIONS - 1), shrinkage=0.5, year=YEAR) == pytest.approx([1 / 3] * 3)
    losing = -np.abs(returns_of(300))
    assert weigh(losing, shrinkage=0.5, year=YEAR) == pytest.approx([1 / 3] * 3)
    assert weigh(np.zeros((300, 2)), shrinkage=0.5, year=YEAR) == pytest.approx([0.5, 0.5])


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_the_shares_of_a_date_do_not_change_with_what_comes_later(seed):
    days = np.datetime64("2020-01-01") + np.arange(200)
    moves_TL = returns_of(200, seed=seed)
    changed = moves_TL.copy()
    changed[150:] *= -5
    first, other = (
        share_by_sharpe(
            pl.DataFrame({"date": days, **{str(place): one[:, place] for place in range(3)}}),
            pl.Series(days),
            shrinkage=0.5,
            year=YEAR,
        )
        for one in (moves_TL, changed)
    )
    assert first.head(150).equals(other.head(150))
    assert not first.tail(50).equals(other.tail(50))


def test_books_add_up_in_their_shares():
    one, two = (
        make_positions({0: [0.5, -0.5], 1: [0.5, -0.5]}),
        make_positions({0: [-0.5, 0.5], 1: [0.5, 0.0]}),
    )
    shares = share_as_given([3, 1], one["date"].unique().sort())
    assert combine([one, two], shares)["weight"].to_list() == pytest.approx([0.25, -0.25, 0.5, -0.375])
