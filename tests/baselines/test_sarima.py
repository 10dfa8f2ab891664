"""SARIMA: statsmodels' forecasts without statsmodels, the order that was planted, gaps that are gaps."""

import dataclasses
from functools import cache

import numpy as np
from statsmodels.tsa.statespace.sarimax import SARIMAX

from ml_core.baselines import FittedBaseline, Lesson, fit_baseline
from ml_core.spec.experiment import Model
from tests.baselines.rows import lesson_of, rows_asked, windows_of

SESSIONS = 500


@cache
def fitted() -> tuple[Lesson, FittedBaseline]:
    """A follows yesterday, B yesterday's shock and last week, C nothing; D is too young to be learned from."""
    rng = np.random.default_rng(2)
    shock_TN = 0.01 * rng.standard_normal((SESSIONS, 4))
    step_TN = shock_TN.copy()
    for session in range(6, SESSIONS):
        step_TN[session, 0] += 0.5 * step_TN[session - 1, 0]
        week = 0.4 * step_TN[session - 5, 1] - 0.16 * step_TN[session - 6, 1]
        step_TN[session, 1] += 0.4 * step_TN[session - 1, 1] + week
    step_TN[:330, 3] = np.nan
    lesson = lesson_of(windows_of(step_TN))
    return lesson, fit_baseline(Model(family="sarima"), lesson)


def said() -> np.ndarray:
    lesson, sarima = fitted()
    mean_NTH, _ = sarima.outputs(lesson.windows, rows_asked(lesson), ())
    return mean_NTH * lesson.windows.unit_NTH


def test_it_says_what_statsmodels_says_with_the_same_parameters():
    lesson, sarima = fitted()
    past, level = sarima.learned.arrays["past"], sarima.learned.arrays["level"]
    step_T = lesson.windows.step_NT[1, 1:] - level[1]
    model = SARIMAX(step_T, order=(1, 0, 0), seasonal_order=(1, 0, 0, 5))
    np.testing.assert_allclose(past[1, 5], -past[1, 0] * past[1, 4], rtol=1e-6)
    for back in (1, 20):
        book = model.clone(step_T[: len(step_T) - back]).filter([past[1, 0], past[1, 4], 1e-4])
        ahead = book.forecast(5) + level[1]
        np.testing.assert_allclose(said()[1, -1 - back], [ahead[0], ahead.sum()], rtol=2e-3, atol=1e-7)


def test_the_planted_orders_are_found_and_nothing_is_found_in_noise():
    past, shocks = (fitted()[1].learned.arrays[name] for name in ("past", "shocks"))
    assert abs(past[0, 0] - 0.5) < 0.1 or shocks[0, 0] > 0.3
    assert abs(past[1, 0] - 0.4) < 0.12
    assert abs(past[1, 4] - 0.4) < 0.12
    assert np.nanstd(said()[2][rows_asked(fitted()[0])[2]][:, 0]) < 0.0015, "a seventh of the noise"


def test_what_follows_is_foretold_where_something_follows():
    lesson, _ = fitted()
    rows_T = rows_asked(lesson)[0]
    outcome = (lesson.windows.y_NTH * lesson.windows.unit_NTH)[0, rows_T, 0]
    known = np.isfinite(outcome)
    assert np.corrcoef(said()[0, rows_T, 0][known], outcome[known])[0, 1] > 0.3


def test_a_young_ticker_is_answered_by_the_mean_of_all_and_named():
    lesson, sarima = fitted()
    level = sarima.learned.arrays["level"][-1]
    young = said()[3][rows_asked(lesson)[3]]
    np.testing.assert_allclose(young, np.tile([level, 5 * level], (len(young), 1)), rtol=1e-4)
    assert sarima.learned.notes[0].endswith(": D")


def test_two_sessions_without_a_bar_are_as_they_were_expected_to_be():
    lesson, sarima = fitted()
    close_NT = lesson.windows.close_NT.copy()
    close_NT[0, -3:] = np.nan
    gap = dataclasses.replace(lesson.windows, close_NT=close_NT)
    rows_NT = np.zeros_like(gap.present_NT)
    rows_NT[0, [-4, -1]] = True
    mean_NTH = sarima.outputs(gap, rows_NT, ())[0] * gap.unit_NTH
    past = sarima.learned.arrays["past"][0]
    level = sarima.learned.arrays["level"][0]
    assert past[0] > 0.2
    assert not past[1:].any()
    before, after = mean_NTH[0, [-4, -1], 0] - level
    np.testing.assert_allclose(after, before * past[0] ** 3, rtol=1e-3)
