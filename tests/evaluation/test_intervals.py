"""An interval holds as many outcomes as it says, however few errors it was fitted on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.errors import NotEnoughData
from ml_core.evaluation.intervals import fit_intervals, track_widths


def test_the_factor_is_the_corrected_quantile():
    residual, scale = np.arange(1.0, 20.0)[:, None], np.ones((19, 1))
    assert fit_intervals(residual, scale, level=0.9).tolist() == [18.0]  # ceil(20 · 0.9)
    assert fit_intervals(-residual, 2 * scale, level=0.9).tolist() == [9.0]


def test_errors_that_overlap_are_corrected_as_the_fewer_that_they_are():
    residual, scale = np.tile(np.arange(1.0, 101.0)[:, None], 3), np.ones((100, 3))
    found = fit_intervals(residual, scale, level=0.9, horizons=(1, 6, 60))
    assert found.tolist() == [91.0, 92.0, 100.0]  # ceil(101 · 0.9), ceil(102 · 0.9), the widest there is


def test_overlapping_outcomes_of_a_short_stretch_still_cover_the_level():
    steps = np.random.default_rng(0).normal(size=(1000, 540)).cumsum(axis=1)
    moves = np.abs(steps[:, 20:] - steps[:, :-20])
    past, later = moves[:, :250], moves[:, 270:]
    covered = [
        float(
            (
                later <= fit_intervals(past.T, np.ones((250, 1)), level=0.9, horizons=(horizon,))[:, None]
            ).mean()
        )
        for horizon in (1, 20)
    ]
    assert covered[0] < 0.89
    assert covered[1] == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("count", [9, 19, 60, 500])
def test_coverage_is_at_least_the_level_and_not_far_above(count):
    rng = np.random.default_rng(count)
    factor = [fit_intervals(rng.standard_t(3, count), np.ones(count), level=0.9) for _ in range(400)]
    fresh = np.abs(rng.standard_t(3, (400, 200)))
    covered = float((fresh <= np.array(factor)[:, None]).mean())
    assert 0.89 < covered < 0.9 + 1 / (count + 1) + 0.012


@given(seed=st.integers(0, 1000), horizons=st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_each_horizon_is_fitted_on_its_own_known_rows(seed, horizons):
    rng = np.random.default_rng(seed)
    residual, scale = rng.normal(size=(80, horizons)), rng.uniform(0.5, 2, (80, horizons))
    residual[70:, -1] = np.nan
    together = fit_intervals(residual, scale, level=0.8)
    assert together.shape == (horizons,)
    for number in range(horizons):
        known = ~np.isnan(residual[:, number])
        alone = fit_intervals(residual[known, number], scale[known, number], level=0.8)
        assert together[number] == alone


def test_too_few_errors_are_refused_with_the_number_needed():
    with pytest.raises(NotEnoughData, match="expected at least 9"):
        fit_intervals(np.ones(8), np.ones(8), level=0.9)
    with pytest.raises(NotEnoughData, match="0 forecasts with an outcome; expected at least 9"):
        fit_intervals(np.full(50, np.nan), np.ones(50), level=0.9)


HORIZONS = (1, 5)


def scores(*, tickers: int = 4, sessions: int = 3000, seed: int = 0) -> np.ndarray:
    """score_NTH of an honest normal scale."""
    return np.abs(np.random.default_rng(seed).normal(size=(tickers, sessions, len(HORIZONS))))


def test_widths_hold_the_level_when_the_world_grows_wilder():
    score_NTH = scores() * np.where(np.arange(3000) < 1000, 1.0, 1.5)[None, :, None]
    width_NTH = track_widths(score_NTH, [1.645, 1.645], level=0.9, horizons=HORIZONS)
    tracked, fixed = (score_NTH <= width_NTH)[:, 2000:], (score_NTH <= 1.645)[:, 2000:]
    assert tracked.mean(axis=(0, 1)) == pytest.approx([0.9, 0.9], abs=0.02)
    assert (fixed.mean(axis=(0, 1)) < 0.8).all()


@given(seed=st.integers(0, 1000), at=st.integers(5, 59))
@settings(max_examples=30, deadline=None)
def test_an_outcome_counts_from_the_session_on_which_it_is_known(seed, at):
    score_NTH = scores(tickers=1, sessions=60, seed=seed)
    given_TH = track_widths(score_NTH, [1.0, 1.0], level=0.9, horizons=HORIZONS)[0]
    changed_NTH = score_NTH.copy()
    changed_NTH[:, at] = np.where(score_NTH[:, at] > given_TH[at], 0.0, 99.0)
    again_TH = track_widths(changed_NTH, [1.0, 1.0], level=0.9, horizons=HORIZONS)[0]
    for column, horizon in enumerate(HORIZONS):
        assert again_TH[: at + horizon, column].tolist() == given_TH[: at + horizon, column].tolist()
        if at + horizon < 60:
            assert again_TH[at + horizon, column] != given_TH[at + horizon, column]


def test_a_ticker_alone_and_a_shorter_past_give_the_same_widths_in_every_bit():
    score_NTH = scores(sessions=120)
    whole_NTH = track_widths(score_NTH, [1.5, 1.7], level=0.9, horizons=HORIZONS, since=20)
    for number in range(len(score_NTH)):
        alone = track_widths(
            score_NTH[number : number + 1, :90], [1.5, 1.7], level=0.9, horizons=HORIZONS, since=20
        )
        assert alone[0].tobytes() == whole_NTH[number, :90].tobytes()


def test_before_the_first_judgement_and_without_outcomes_the_width_stands():
    score_NTH = scores(tickers=1, sessions=40)
    score_NTH[0, 25:] = np.nan
    width_TH = track_widths(score_NTH, [1.5, 1.7], level=0.9, horizons=HORIZONS, since=20)[0]
    assert (width_TH[:21, 0] == 1.5).all()
    assert (width_TH[:25, 1] == 1.7).all()
    assert len(set(width_TH[21:26, 0])) == 5  # forecasts of sessions 20 to 24 were judged a session later
    assert len(set(width_TH[25:, 0])) == 1
    assert len(set(width_TH[29:, 1])) == 1
