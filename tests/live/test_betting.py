"""The test by betting: its numbers are those that others publish, it is wrong no more often than it says however often
one looks, and it finds what is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml_core.errors import InvalidData
from ml_core.live.betting import BETS, RENEWED, bet
from ml_core.live.confidence import follow_mean
from ml_core.live.sequential import follow

YEARS = 1260  # sessions of five years
PATHS = 400
ALPHA = 0.05
GAINS = (0.5, -0.25, 0.75, 1.0, -1.0, 0.125, 0.25, -0.5, 0.875, 0.0)
# betting_mart of confseq 0.0.11 at these bets, on the same numbers as (x + 1) / 2 against a mean of one half.
CONFSEQ = (
    1.16875, 1.06201171875, 1.3380935668945313, 1.8543759346008302, 1.0465137660503387, 1.0873879806604236,
    1.1741764159196464, 0.9789271857254107, 1.2333069092972968, 1.2333069092972968,
)  # fmt: skip


def draw(shape: str, rng: np.random.Generator) -> tuple[np.ndarray, float, int]:
    """Differences of which none is expected above zero, their bound, and how far their outcomes overlap."""
    size = (PATHS, YEARS)
    if shape.startswith("overlapping"):
        horizon = int(shape.split()[-1])
        steps = np.cumsum(rng.normal(size=(PATHS, YEARS + horizon)), axis=1)
        return np.clip((steps[:, horizon:] - steps[:, :-horizon]) / horizon**0.5, -4, 4), 4.0, horizon
    if shape == "heavy tails":
        return np.clip(rng.standard_t(2, size), -6, 6), 6.0, 1
    if shape == "rare large gains":
        return np.where(rng.random(size) < 0.1, 1.0, -1 / 9), 1.0, 1
    if shape == "rare large losses":
        return np.where(rng.random(size) < 0.9, 1 / 9, -1.0), 1.0, 1
    if shape == "swinging volatility":
        calm = np.exp(np.sin(np.arange(YEARS) / 40))
        return np.clip(rng.normal(size=size) * calm, -6, 6), 6.0, 1
    return np.clip(rng.normal(size=size), -4, 4), 4.0, 1


SHAPES = (
    "normal", "heavy tails", "rare large gains", "rare large losses", "swinging volatility", "overlapping 5",
    "overlapping 20",
)  # fmt: skip


def most(share: float) -> float:
    """What so many paths show by chance in one of a thousand draws, where so many pass in truth."""
    return share + 3.1 * (share * (1 - share) / PATHS) ** 0.5


@pytest.mark.parametrize("shape", SHAPES)
def test_without_an_advantage_five_years_of_daily_looks_pass_no_more_often_than_promised(shape):
    gains, bound, horizon = draw(shape, np.random.default_rng(11))
    found = follow(gains, bound=bound, horizon=horizon)
    for side in (found.better, found.refuted):
        assert (side >= 1 / ALPHA).any(axis=1).mean() <= most(ALPHA)
    missed = ((found.low > 0) | (found.high < 0)).any(axis=1).mean()
    assert missed <= most(ALPHA)


def test_the_numbers_are_those_of_a_published_library():
    assert bet(GAINS, bound=1.0) == pytest.approx(CONFSEQ, rel=1e-14)


def test_overlapping_outcomes_are_played_for_apart_and_what_is_open_counts_as_lost():
    first, second = bet(GAINS[::2], bound=1.0), bet(GAINS[1::2], bound=1.0)
    both = bet(GAINS, bound=1.0, horizon=2)
    share = np.array(BETS)
    gained = np.cumprod(1 + share[None, :] * np.array(GAINS[::2])[:, None], axis=0)
    for date in range(1, 5):
        waiting = (gained[date] * (1 - share)).mean()
        assert both[2 * date + 1] == pytest.approx((second[date] + waiting) / 2, rel=1e-14)
        assert waiting < first[date]


def test_a_renewal_that_is_staked_on_an_open_bet_counts_as_lost_too():
    share = np.array(BETS)
    first, second = bet(GAINS[:2], bound=1.0, horizon=2, renew=2)
    settled = (1 + share * GAINS[0]).mean() / 2
    assert first == pytest.approx((settled + 1 / 2 + (1 - share).mean() / 2 + 1 / 2) / 2)
    again = ((1 + share * GAINS[0]) / 2 + 1 / 6) * (1 - share)
    assert second == pytest.approx((again.mean() + 1 / 3 + (1 + share * GAINS[1]).mean() / 2 + 1 / 2) / 2)


@given(arrays(float, st.integers(1, 60), elements=st.floats(-1, 1)), st.integers(1, 6), st.integers(0, 30))
def test_what_was_told_of_a_date_never_changes_when_later_ones_come(gains, horizon, renew):
    whole = bet(gains, bound=1.0, horizon=horizon, renew=renew)
    assert (whole >= 0).all()
    for cut in range(1, len(gains) + 1):
        assert (bet(gains[:cut], bound=1.0, horizon=horizon, renew=renew) == whole[:cut]).all()
    many = bet(np.stack([gains, -gains]), bound=1.0, horizon=horizon, renew=renew)
    assert (many[0] == whole).all()


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.5, 1.0]), min_size=1, max_size=6), st.integers(0, 3))
def test_the_mean_over_all_that_a_fair_coin_can_do_next_is_no_more_than_what_there_was(past, renew):
    """Summed up whole: no simulation, and no luck."""
    before = bet(past, bound=1.0, renew=renew)[-1]
    after = [bet([*past, gain], bound=1.0, renew=renew)[-1] for gain in (-1.0, 1.0)]
    assert np.mean(after) == pytest.approx(before, rel=1e-12)


@pytest.mark.parametrize(("advantage", "sessions"), [(0.2, 400), (0.5, 120), (0.9, 60)])
def test_an_advantage_is_found(advantage, sessions):
    rng = np.random.default_rng(5)
    gains = np.clip(rng.normal(advantage, 1, (200, YEARS)), -4, 4)
    found = bet(gains, bound=4.0) >= 60
    assert np.median(np.where(found.any(axis=1), found.argmax(axis=1), YEARS)) < sessions


def test_an_advantage_that_dies_after_good_years_is_given_back_and_one_that_lives_is_not():
    rng = np.random.default_rng(6)
    alive = rng.normal(0.9, 1, (PATHS, YEARS))
    dying = np.concatenate([alive[:, :504], rng.normal(0, 1, (PATHS, YEARS - 504))], axis=1)
    ends = {}
    for name, values in (("alive", alive), ("dying", dying)):
        found = follow(np.clip(values, -4, 4), bound=4.0, promised=0.4)
        ends[name] = found.refuted >= 60
    assert ends["alive"].any(axis=1).mean() <= most(1 / 60)
    assert ends["dying"][:, :504].any(axis=1).mean() <= most(1 / 60)
    after = np.where(ends["dying"].any(axis=1), ends["dying"].argmax(axis=1) - 504, YEARS)
    assert np.median(after) < 300


def test_a_good_past_would_drown_the_end_of_an_advantage_without_new_beginnings():
    gains = np.concatenate([np.full(500, -0.5), np.full(150, 0.2)])
    assert bet(gains, bound=1.0)[-1] < 1
    assert bet(gains, bound=1.0, renew=RENEWED)[-1] > 60


def test_where_the_mean_lies_is_as_wide_as_the_published_boundary_where_nothing_moves():
    """All alike: the boundary is log(2K / level)/λ at the boldest bet, in units of 1.25 bounds."""
    mean, low, high = follow_mean(np.zeros(50), bound=2.0)
    price = np.log(2 * len(BETS) / ALPHA) / BETS[-1]
    assert mean[-1] == 0
    assert high[-1] == pytest.approx(2.5 * price / 50)
    assert low[-1] == -high[-1]


def test_a_gain_outside_its_bound_is_refused():
    with pytest.raises(InvalidData, match="outside ±1"):
        bet([0.5, 1.5], bound=1.0)
