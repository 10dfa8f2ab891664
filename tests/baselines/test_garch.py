"""GARCH: the textbook's recursion, the library's parameters, pooled ones where a ticker has none, all of it told."""

from functools import cache

import numpy as np
from arch import arch_model

from ml_core.baselines import FittedBaseline, Lesson, fit_baseline
from ml_core.spec.experiment import Model
from tests.baselines.rows import lesson_of, rows_asked, windows_of

SESSIONS = 900


@cache
def clustered() -> np.ndarray:
    """step_TN of GARCH markets: A to D alike, E listed too late to be learned from, F without a move."""
    rng = np.random.default_rng(0)
    step_TN, variance_N = np.zeros((SESSIONS, 6)), np.full(6, 1e-4)
    for session in range(SESSIONS):
        step_TN[session] = np.sqrt(variance_N) * rng.standard_normal(6)
        variance_N = 3e-6 + 0.12 * step_TN[session] ** 2 + 0.85 * variance_N
    step_TN[:600, 4] = np.nan
    step_TN[:, 5] = 0.0
    step_TN[300:303, 1] = np.nan
    return step_TN


@cache
def fitted() -> tuple[Lesson, FittedBaseline]:
    lesson = lesson_of(windows_of(clustered()))
    return lesson, fit_baseline(Model(family="garch"), lesson)


def scales() -> np.ndarray:
    lesson, garch = fitted()
    mean_NTH, scale_NTH = garch.outputs(lesson.windows, rows_asked(lesson), ())
    assert not np.nan_to_num(mean_NTH).any()
    return scale_NTH * lesson.windows.unit_NTH


def test_its_parameters_and_variances_are_the_librarys():
    lesson, garch = fitted()
    step_T = lesson.windows.step_NT[0]
    train_T = step_T[lesson.windows.rows(lesson.split.train) & np.isfinite(step_T)]
    spread = np.sqrt(np.mean(train_T**2))
    book = arch_model(train_T / spread, mean="Zero", vol="GARCH", dist="t", rescale=False).fit(disp="off")
    alpha, beta = garch.learned.arrays["weights"][0]
    np.testing.assert_allclose([alpha, beta], book.params[["alpha[1]", "beta[1]"]], rtol=1e-9)
    fixed = arch_model(step_T[1:] * 100, mean="Zero", vol="GARCH", p=1, q=1, rescale=False).fix(
        [1e4 * (1 - alpha - beta) * np.mean(train_T**2), alpha, beta]
    )
    ahead = fixed.forecast(horizon=5, start=SESSIONS - 50).variance.to_numpy() / 1e4
    said_TH = scales()[0, -50:] ** 2
    np.testing.assert_allclose(said_TH[1:, 0], ahead[:, 0][-49:], rtol=1e-4)
    np.testing.assert_allclose(said_TH[1:, 1], ahead.sum(axis=1)[-49:], rtol=1e-4)


def test_a_calm_market_is_told_from_a_wild_one():
    lesson, _ = fitted()
    rows_NT = rows_asked(lesson)[:4]
    outcome = np.abs(lesson.windows.y_NTH * lesson.windows.unit_NTH)[:4][rows_NT][:, 0]
    said = scales()[:4][rows_NT][:, 0]
    known = np.isfinite(outcome)
    assert np.corrcoef(said[known], outcome[known])[0, 1] > 0.15
    assert said.max() > 2 * said.min()


def test_a_ticker_without_a_fit_takes_the_pooled_parameters_and_is_named():
    lesson, garch = fitted()
    weights = garch.learned.arrays["weights"]
    np.testing.assert_allclose(weights[4], np.median(weights[:4], axis=0))
    assert np.array_equal(weights[4], weights[5])
    (note,) = garch.learned.notes
    assert note.startswith("2 took the pooled parameters")
    assert note.endswith(": E, F")
    assert (scales()[rows_asked(lesson)] > 0).all()


def test_where_no_ticker_can_be_fitted_the_usual_parameters_stand_in():
    lesson = lesson_of(windows_of(clustered()[:120, :2]))
    garch = fit_baseline(Model(family="garch"), lesson)
    assert np.array_equal(garch.learned.arrays["weights"], np.tile([0.05, 0.9], (3, 1)))
    assert garch.learned.notes[0].startswith("2 took")
