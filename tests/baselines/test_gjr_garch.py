"""GJR-GARCH: the library's parameters and expectations, and falls that count more where they were planted."""

from functools import cache

import numpy as np
from arch import arch_model

from ml_core.baselines import FittedBaseline, Lesson, fit_baseline
from ml_core.spec.experiment import Model
from tests.baselines.rows import lesson_of, rows_asked, windows_of

SESSIONS, GAMMA = 1200, 0.15


@cache
def fitted() -> tuple[Lesson, FittedBaseline]:
    """Four tickers whose falls make the next session wilder; B has a gap, D is listed too late to be learned from."""
    rng = np.random.default_rng(0)
    step_TN, variance_N = np.empty((SESSIONS, 4)), np.full(4, 1e-4)
    for session in range(SESSIONS):
        step_N = step_TN[session] = np.sqrt(variance_N) * rng.standard_normal(4)
        variance_N = 1e-4 * (0.095 - GAMMA / 2) + GAMMA * (step_N < 0) * step_N**2 + 0.905 * variance_N
    step_TN[300:303, 1] = np.nan
    step_TN[:800, 3] = np.nan
    lesson = lesson_of(windows_of(step_TN))
    return lesson, fit_baseline(Model(family="gjr_garch"), lesson)


def test_its_parameters_and_variances_are_the_librarys():
    lesson, gjr = fitted()
    step_T = lesson.windows.step_NT[0]
    train_T = step_T[lesson.inside_T & np.isfinite(step_T)]
    spread = np.sqrt(np.mean(train_T**2))
    book = arch_model(train_T / spread, mean="Zero", vol="GARCH", o=1, dist="t", rescale=False)
    alpha, gamma, beta = gjr.learned.arrays["weights"][0]
    fitted_params = book.fit(disp="off").params[["alpha[1]", "gamma[1]", "beta[1]"]]
    np.testing.assert_allclose([alpha, gamma, beta], fitted_params, rtol=1e-9)
    omega = 1e4 * (1 - alpha - gamma / 2 - beta) * spread**2
    fixed = arch_model(step_T[1:] * 100, mean="Zero", vol="GARCH", o=1, rescale=False).fix(
        [omega, alpha, gamma, beta]
    )
    ahead = fixed.forecast(horizon=5, start=SESSIONS - 50).variance.to_numpy() / 1e4
    mean_NTH, scale_NTH = gjr.outputs(lesson.windows, rows_asked(lesson), ())
    assert not np.nan_to_num(mean_NTH).any()
    said_TH = (scale_NTH * lesson.windows.unit_NTH)[0, -50:] ** 2
    np.testing.assert_allclose(said_TH[1:, 0], ahead[:, 0][-49:], rtol=1e-4)
    np.testing.assert_allclose(said_TH[1:, 1], ahead.sum(axis=1)[-49:], rtol=1e-4)


def test_falls_are_found_to_count_and_rises_not():
    alpha, gamma, beta = np.median(fitted()[1].learned.arrays["weights"][:3], axis=0)
    assert alpha < 0.04
    assert abs(gamma - GAMMA) < 0.06
    assert 0.85 < beta < 0.95


def test_a_young_ticker_takes_the_pooled_parameters_and_is_named():
    weights, (note,) = fitted()[1].learned.arrays["weights"], fitted()[1].learned.notes
    np.testing.assert_allclose(weights[3], np.median(weights[:3], axis=0))
    assert note.endswith(": D")
