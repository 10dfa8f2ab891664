"""Exported trees say what the library that grew them says, missing features included, and find what was planted."""

from functools import cache

import numpy as np
import pytest

from ml_core.baselines import BASELINES, Lesson, PanelRows, fit_baseline
from ml_core.baselines._trees import draw_rows, predict_trees, stack_trees
from ml_core.spec import choices
from ml_core.spec.experiment import Model
from tests.baselines.rows import lesson_of, panel_of, rows_asked

OPTIONS = {"trees": 25, "depth": 5, "leaf": 10, "rows": 3000}
LEARNERS = ("random_forest", "hist_gradient_boosting", "xgboost")
every_learner = pytest.mark.parametrize("name", LEARNERS)


@cache
def planted() -> Lesson:
    """A step in feature 0 and a valley in feature 1; feature 2 is often missing, feature 3 never while learning."""
    rng = np.random.default_rng(0)
    x_NTF = rng.standard_normal((6, 800, 4))
    y_NT = np.where(x_NTF[:, :, 0] > 0.3, 1.0, -0.2) + 0.5 * x_NTF[:, :, 1] ** 2
    y_NT += np.where(x_NTF[:, :, 2] > 1, 0.5, 0.0) + 0.3 * rng.standard_normal(y_NT.shape)
    x_NTF[:, :, 2][rng.random(y_NT.shape) < 0.3] = np.nan
    x_NTF[:, 700:, 3][rng.random((6, 100)) < 0.5] = np.nan
    return lesson_of(panel_of(x_NTF, y_NT))


def library(name: str, lesson: Lesson):
    """The library's own model of the lesson, and what it says of the asked rows."""
    module = choices.load(BASELINES, name)
    config, rows = module.Config(**OPTIONS), draw_rows(lesson, 0, most=OPTIONS["rows"])
    x_RF = PanelRows(lesson.windows, rows_asked(lesson), lesson.features).x_RF
    if name != "xgboost":
        grown = module.grow(config, rows, lesson.seed)
        trees = module.export_trees(grown)
        return list(grown.staged_predict(x_RF))[len(trees) - 1] if "boost" in name else grown.predict(x_RF)
    import xgboost

    level = float(rows.y_R.mean())
    return module.grow(config, rows, level, lesson.seed).predict(xgboost.DMatrix(x_RF, nthread=1)) + level


@every_learner
def test_the_evaluator_says_what_the_library_says(name):
    lesson = planted()
    asked_NT = rows_asked(lesson)
    assert np.isnan(PanelRows(lesson.windows, asked_NT, lesson.features).x_RF[:, 2:]).any(axis=0).all()
    mean_NTH, _ = fit_baseline(Model(family=name, **OPTIONS), lesson).outputs(
        lesson.windows, asked_NT, lesson.features
    )
    np.testing.assert_allclose(mean_NTH[asked_NT][:, 0], library(name, lesson), rtol=2e-5, atol=1e-5)


@every_learner
def test_it_finds_steps_and_valleys_that_no_line_has(name):
    lesson = planted()
    asked_NT = rows_asked(lesson)
    y_R = lesson.windows.y_NTH[asked_NT][:, 0]
    trees, line = (
        fit_baseline(Model(family=family, **options), lesson).outputs(
            lesson.windows, asked_NT, lesson.features
        )[0][asked_NT][:, 0]
        for family, options in ((name, {**OPTIONS, "trees": 100}), ("ridge", {}))
    )
    assert np.mean((y_R - trees) ** 2) < 0.6 * np.mean((y_R - line) ** 2)


@pytest.mark.parametrize("name", ["hist_gradient_boosting", "xgboost"])
def test_boosting_ends_where_the_validation_error_was_least(name):
    rng = np.random.default_rng(1)
    lesson = lesson_of(panel_of(rng.standard_normal((4, 400, 5)), rng.standard_normal((4, 400))))
    arrays = fit_baseline(Model(family=name, patience=3, leaf=20), lesson).learned.arrays
    assert len(arrays["root"]) < 20, "noise is left after a few trees"


def test_rows_are_drawn_by_seed_and_never_without_an_outcome():
    lesson = planted()
    y_NTH = lesson.windows.y_NTH.copy()
    y_NTH[:, ::2] = np.nan
    windows = panel_of(lesson.windows.x_NTF, y_NTH[:, :, 0])
    one, same, other = (draw_rows(lesson_of(windows, seed=seed), 0, most=100) for seed in (0, 0, 1))
    assert len(one.y_R) == len(one.y_watch_W) == 100
    assert np.isfinite(one.y_R).all()
    assert np.array_equal(one.x_RF, same.x_RF, equal_nan=True)
    assert not np.array_equal(one.y_R, other.y_R)


def test_without_any_tree_the_base_alone_is_said():
    lesson = planted()
    asked = PanelRows(lesson.windows, rows_asked(lesson), lesson.features)
    said_RH = predict_trees(stack_trees([[]], [0.25]), asked)
    assert np.array_equal(said_RH, np.full((len(asked.x_RF), 1), 0.25))
