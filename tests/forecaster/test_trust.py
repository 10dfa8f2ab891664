"""A mean is trusted as far as there is evidence for it: neither overlap, nor company, nor luck makes more of it."""

import numpy as np
import pytest

from ml_core.forecaster.trust import LEAST_TRUST, MOST_TRUST, fit_trust
from ml_core.frames import Array

SIZES = (0.1, 0.3, 1.0)


def rows_of(values_NT: Array) -> tuple[Array, Array]:
    """The ticker and the session of each row."""
    ticker_R, session_R = np.nonzero(np.ones(values_NT.shape))
    return ticker_R, session_R


def trust_of(mean_NT: Array, y_NT: Array, horizon: int) -> float:
    return fit_trust(mean_NT.ravel(), y_NT.ravel(), *rows_of(y_NT), horizon=horizon)


def correlated(rng: np.random.Generator, tickers: int, sessions: int) -> Array:
    """Noise of which tickers share half."""
    common_T, own_NT = rng.normal(size=(1, sessions)), rng.normal(size=(tickers, sessions))
    return (common_T + own_NT) / 2**0.5


def outcomes(return_NT: Array, horizon: int) -> Array:
    """At each date the sum of the next `horizon` returns, in units of its deviation."""
    total_NT = np.cumsum(np.pad(return_NT, ((0, 0), (1, 0))), axis=1)
    return (total_NT[:, horizon:] - total_NT[:, :-horizon]) / horizon**0.5


def slow(fresh_NT: Array, memory: float) -> Array:
    """Values that keep this much of the one before."""
    value_NT = fresh_NT.copy()
    for session in range(1, fresh_NT.shape[1]):
        kept_N = memory * value_NT[:, session - 1]
        value_NT[:, session] = kept_N + (1 - memory**2) ** 0.5 * fresh_NT[:, session]
    return value_NT


@pytest.mark.parametrize("tickers", [1, 20])
@pytest.mark.parametrize(("horizon", "dates"), [(1, 60), (5, 60), (20, 60), (30, 200), (720, 60)])
def test_forecasts_that_know_nothing_get_a_trust_above_half_in_one_case_in_twenty_at_most(
    tickers, horizon, dates
):
    rng, high = np.random.default_rng(1), []
    for _ in range(100):
        y_NT = outcomes(correlated(rng, tickers, dates + horizon - 1), horizon)
        for memory in (0.9, 1.0):
            mean_NT = slow(correlated(rng, tickers, dates), memory)
            high.append([trust_of(size * mean_NT, y_NT, horizon) > 0.5 for size in SIZES])
    assert np.mean(high, axis=0).max() <= 0.05


@pytest.mark.parametrize("dates", [2, 60, 300, 720])
def test_one_span_is_no_evidence_however_many_dates_lie_in_it(dates):
    alike_NT = np.ones((1, dates))
    for size in np.geomspace(0.01, 100, 41):
        assert trust_of(size * alike_NT, alike_NT, 720) < 0.25


def test_more_dates_between_the_same_ends_give_no_more_trust_than_the_spans_that_hold_them():
    alike = [
        trust_of(np.full((1, 4 * horizon), 0.7), np.ones((1, 4 * horizon)), horizon)
        for horizon in (5, 30, 200)
    ]
    assert alike == pytest.approx([alike[0]] * 3, rel=0.02)


def test_a_ticker_that_moves_as_another_adds_no_evidence():
    rng = np.random.default_rng(3)
    y_NT = outcomes(rng.normal(size=(1, 264)), 5)
    mean_NT = 0.3 * y_NT + 0.3 * rng.normal(size=y_NT.shape)
    alone = trust_of(mean_NT, y_NT, 5)
    assert alone > 0.5
    assert trust_of(np.tile(mean_NT, (20, 1)), np.tile(y_NT, (20, 1)), 5) == pytest.approx(alone)


@pytest.mark.parametrize(("horizon", "least"), [(1, 0.65), (5, 0.45)])
def test_a_signal_on_many_tickers_is_trusted_after_a_year(horizon, least):
    rng, ic, found = np.random.default_rng(4), 0.1, []
    share = ic * horizon**0.5 / np.sum(0.9 ** np.arange(horizon))
    for _ in range(40):
        signal_NT = slow(correlated(rng, 20, 249 + horizon), 0.9)
        return_NT = share * signal_NT + (1 - share**2) ** 0.5 * correlated(rng, 20, 249 + horizon)
        found.append(trust_of(ic * signal_NT[:, :250], outcomes(return_NT, horizon), horizon))
    assert np.mean(found) > least


def test_what_is_right_is_trusted_and_what_is_wrong_or_unseen_hardly():
    y_NT = np.random.default_rng(5).normal(size=(3, 250))
    assert trust_of(y_NT, y_NT, 1) == pytest.approx(1, abs=0.02)
    assert trust_of(0.1 * y_NT, y_NT, 1) == MOST_TRUST
    assert trust_of(-y_NT, y_NT, 1) == LEAST_TRUST
    assert trust_of(0 * y_NT, y_NT, 1) == LEAST_TRUST
    assert trust_of(y_NT[:, :1], y_NT[:, :1], 1) == LEAST_TRUST
    assert trust_of(y_NT, np.full(y_NT.shape, np.nan), 1) == LEAST_TRUST


def test_rows_whose_outcome_is_not_known_yet_count_for_nothing():
    rng = np.random.default_rng(6)
    y_NT, mean_NT = rng.normal(size=(2, 3, 250))
    mean_NT += 0.5 * y_NT
    late_NT = np.pad(y_NT, ((0, 0), (0, 20)), constant_values=np.nan)
    told_NT = np.pad(mean_NT, ((0, 0), (0, 20)), constant_values=9.0)
    assert trust_of(told_NT, late_NT, 5) == trust_of(mean_NT, y_NT, 5)


@pytest.mark.parametrize("seed", range(20))
def test_a_ticker_that_has_no_rows_yet_changes_no_bit(seed):
    """Sums over one ticker more are taken in another order: whoever is listed later would reach into the past."""
    rng = np.random.default_rng(seed)
    mean_NT = rng.normal(size=(26, 1)) + 0.1 * rng.normal(size=(26, 126))  # stands nearly still
    y_NT = outcomes(rng.normal(size=(26, 145)), 20) + 0.5 * mean_NT
    ticker_R, session_R = rows_of(y_NT)
    later_R = ticker_R + (ticker_R >= 13)  # the new one stands in the middle of the alphabet
    alone = fit_trust(mean_NT.ravel(), y_NT.ravel(), ticker_R, session_R, horizon=20)
    assert LEAST_TRUST < alone < MOST_TRUST
    assert fit_trust(mean_NT.ravel(), y_NT.ravel(), later_R, session_R, horizon=20) == alone
