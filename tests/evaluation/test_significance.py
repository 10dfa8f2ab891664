"""p-values are right as often as they say, and the deflated Sharpe equals a formula written down separately."""

import math
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.evaluation import significance
from ml_core.evaluation.sharpe import deflated_sharpe, expected_maximum, probabilistic_sharpe, sharpe
from ml_core.evaluation.significance import diebold_mariano, independent_trials, long_run_variance, pbo
from tests.evaluation.loops import harvey_leybourne_newbold

OURS = [0.8, 1.1, 0.4, 2.0, 0.9, 1.3, 0.2, 0.7, 1.6, 1.0, 0.5, 1.4, 0.6, 0.9, 1.8, 0.3, 1.2, 0.8, 1.1, 0.7]
THEIRS = [1.2, 1.0, 0.9, 1.6, 1.5, 1.0, 0.6, 0.5, 1.5, 1.4, 0.4, 1.1, 0.9, 0.8, 2.1, 0.9, 0.8, 1.2, 1.0, 0.8]


@pytest.mark.parametrize(("horizon", "lags", "statistic"), [(1, 3, -2.324645935964), (5, 8, -2.515590084868)])
def test_on_few_dates_it_is_that_of_harvey_leybourne_and_newbold(horizon, lags, statistic):
    """Lags: twice the overlap of horizon - 1, at least the cube root of 20 dates. Statistics: worked out once."""
    found = diebold_mariano(OURS, THEIRS, horizon=horizon)
    by_loop, p = harvey_leybourne_newbold(OURS, THEIRS, horizon=horizon, lags=lags)
    assert found.statistic == pytest.approx(by_loop, rel=1e-9)
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.p == pytest.approx(p, rel=1e-9)


def test_one_session_ahead_it_is_the_t_test_up_to_the_lags():
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 400), rng.normal(1.2, 1, 400)
    assert diebold_mariano(a, b, horizon=1).p < 0.05
    assert diebold_mariano(b, a, horizon=1).p > 0.95


@given(seed=st.integers(0, 10_000), horizon=st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_the_two_sides_add_up_and_scale_does_not_matter(seed, horizon):
    a, b = np.random.default_rng(seed).normal(size=(2, 100))
    one, other = diebold_mariano(a, b, horizon=horizon), diebold_mariano(b, a, horizon=horizon)
    assert one.p + other.p == pytest.approx(1)
    assert one.statistic == pytest.approx(-other.statistic)
    assert diebold_mariano(1e-8 * a, 1e-8 * b, horizon=horizon).p == pytest.approx(one.p)


@pytest.mark.parametrize(("horizon", "count"), [(1, 126), (1, 1000), (5, 252), (10, 756)])
def test_without_skill_few_are_called_better(horizon, count):
    """Overlapping forecasts of equal quality: losses that share `horizon` sessions."""
    rng = np.random.default_rng(horizon)
    found = 0
    for _ in range(600):
        shocks = rng.normal(size=(count + horizon - 1, 2))
        losses = np.lib.stride_tricks.sliding_window_view(shocks, horizon, axis=0).sum(axis=2) ** 2
        found += diebold_mariano(losses[:, 0], losses[:, 1], horizon=horizon).p < 0.05
    assert found / 600 < 0.085


def test_equal_forecasts_prove_nothing_and_a_sure_thing_is_sure():
    loss = np.random.default_rng(0).random(50)
    assert diebold_mariano(loss, loss, horizon=1) == (0.0, 0.5)
    assert diebold_mariano(np.zeros(50), np.ones(50), horizon=1).p == 0.0
    assert math.isnan(diebold_mariano([1.0], [2.0], horizon=1).p)


def test_dates_without_a_loss_are_left_out():
    rng = np.random.default_rng(0)
    a, b = rng.random(60), rng.random(60)
    holes = np.where(np.arange(60) % 7 == 0, np.nan, a)
    kept = ~np.isnan(holes)
    assert diebold_mariano(holes, b, horizon=2) == diebold_mariano(a[kept], b[kept], horizon=2)


@given(seed=st.integers(0, 10_000), lags=st.integers(0, 20))
@settings(max_examples=30, deadline=None)
def test_the_long_run_variance_equals_its_sum(seed, lags):
    values = np.cumsum(np.random.default_rng(seed).normal(size=60)) * 0.1
    centred = values - values.mean()
    total = float(centred @ centred) / 60
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * float(centred[lag:] @ centred[:-lag]) / 60
    assert long_run_variance(values, lags=lags) == pytest.approx(total, rel=1e-9)


def independent_deflated_sharpe(returns: list[float], ratios: list[float], trials: float) -> float:
    """Bailey and López de Prado (2014), eq. 2 and 9, in plain Python; kurtosis of a normal is 3. For fewer trials than
    about 1.4 eq. 2 falls below zero, and luck would then demand less than no skill: zero is the least."""
    count = len(returns)
    mean = sum(returns) / count
    moment = [sum((value - mean) ** power for value in returns) / count for power in range(5)]
    skew, kurtosis = moment[3] / moment[2] ** 1.5, moment[4] / moment[2] ** 2
    ratio = mean / math.sqrt(moment[2] * count / (count - 1))
    average = sum(ratios) / len(ratios)
    spread = math.sqrt(max(sum((value - average) ** 2 for value in ratios) / (len(ratios) - 1), 1 / count))
    normal, gamma = NormalDist(), 0.57721566490153286
    best = (1 - gamma) * normal.inv_cdf(1 - 1 / trials) + gamma * normal.inv_cdf(1 - 1 / (trials * math.e))
    error = math.sqrt((1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2) / (count - 1))
    return normal.cdf((ratio - spread * max(best, 0.0)) / error)


@given(seed=st.integers(0, 10_000), trials=st.integers(2, 12), common=st.floats(0, 0.02))
@settings(max_examples=40, deadline=None)
def test_the_deflated_sharpe_equals_an_independent_formula(seed, trials, common):
    rng = np.random.default_rng(seed)
    streams = rng.standard_t(4, (250, trials)) * 0.01 + rng.normal(0, common, (250, 1)) + 0.0005
    winner = streams[:, np.argmax(streams.mean(axis=0))]
    effective = independent_trials(streams)
    ratios = [sharpe(one) for one in streams.T]
    expected = independent_deflated_sharpe(winner.tolist(), ratios, effective)
    told = deflated_sharpe(winner, trials=effective, variance=float(np.var(ratios, ddof=1)))
    assert told == pytest.approx(expected, abs=1e-10)


def test_kurtosis_is_not_the_excess():
    """Of returns ±1 around a drift the fourth moment is 1: with the excess (-2) the error would be another."""
    returns = np.tile([1.0, -1.0], 100) + 0.5
    ratio = sharpe(returns)
    expected = NormalDist().cdf(ratio * math.sqrt(199))  # (1 - 1) / 4 and no skew: the term is gone
    assert probabilistic_sharpe(returns * 0.01) == pytest.approx(expected)
    assert probabilistic_sharpe(returns, benchmark=ratio) == pytest.approx(0.5)


def test_the_expected_maximum_is_what_luck_gives():
    rng = np.random.default_rng(0)
    for trials in (5, 50, 500):
        best = rng.normal(0, 0.1, (4000, trials)).max(axis=1).mean()
        assert expected_maximum(0.01, trials) == pytest.approx(best, rel=0.05)
    assert expected_maximum(0.01, 1) == 0.0


def test_trials_that_are_alike_count_once():
    stream = np.random.default_rng(0).normal(size=(500, 1))
    assert independent_trials(np.repeat(stream, 20, axis=1)) == pytest.approx(1.0)
    many = np.random.default_rng(1).normal(size=(5000, 20))
    assert independent_trials(many) == pytest.approx(20, rel=0.05)


def obvious_pbo(streams: np.ndarray, blocks: int) -> float:
    parts = np.array_split(np.arange(len(streams)), blocks)
    below = 0
    halves = list(combinations(range(blocks), blocks // 2))
    for chosen in halves:
        inside = np.concatenate([parts[block] for block in chosen])
        outside = np.setdiff1d(np.arange(len(streams)), inside)
        first = [
            streams[inside, trial].mean() / streams[inside, trial].std() for trial in range(streams.shape[1])
        ]
        later = [
            streams[outside, trial].mean() / streams[outside, trial].std()
            for trial in range(streams.shape[1])
        ]
        rank = sorted(later).index(later[int(np.argmax(first))]) + 1
        share = rank / (streams.shape[1] + 1)
        below += math.log(share / (1 - share)) <= 0
    return below / len(halves)


@given(seed=st.integers(0, 10_000), trials=st.integers(2, 8))
@settings(max_examples=10, deadline=None)
def test_pbo_equals_a_loop_over_all_halves(seed, trials):
    streams = np.random.default_rng(seed).normal(0.01, 0.1, (61, trials))
    assert pbo(streams, blocks=6) == pytest.approx(obvious_pbo(streams, 6))


def test_pbo_is_high_for_luck_and_low_for_skill():
    rng = np.random.default_rng(0)
    luck = np.mean([pbo(rng.normal(0, 0.01, (500, 20)), blocks=8) for _ in range(20)])
    assert 0.35 < luck < 0.75
    skill = rng.normal(0, 0.01, (1000, 20))
    skill[:, 3] += 0.002
    assert pbo(skill) < 0.05


def test_pbo_names_what_it_needs():
    with pytest.raises(NotEnoughData, match="2 trials"):
        pbo(np.zeros((500, 1)))
    with pytest.raises(InvalidInput, match="even"):
        pbo(np.zeros((500, 3)), blocks=5)


def test_many_trials_are_weighed_in_parts_with_the_same_result(monkeypatch):
    streams = np.random.default_rng(3).normal(0.01, 1.0, (200, 40)) + np.linspace(0, 0.2, 40)
    whole, independent = pbo(streams, blocks=8), independent_trials(streams)
    monkeypatch.setattr(significance, "MANY", 3)
    assert pbo(streams, blocks=8) == whole
    assert independent_trials(streams) == pytest.approx(independent, rel=1e-12)
