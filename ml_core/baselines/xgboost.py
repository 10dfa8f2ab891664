"""Boosts trees with XGBoost (Chen and Guestrin, 2016), histogram method, on one thread. The library is an
optional extra."""

import json
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, PositiveInt

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows
from ml_core.baselines._trees import Tree, TreeRows, draw_rows, make_tree, predict_trees, stack_trees
from ml_core.spec.ranges import LogUniform, OneOf


class Config(BaselineConfig):
    """`trees`: at most; `leaf`: the fewest rows of a leaf; at most `rows` are learned from."""

    reads: ClassVar[FeaturesRead] = "raw"
    package: ClassVar[str] = "xgboost"
    extra: ClassVar[str] = "boost"
    trees: PositiveInt = 300
    depth: Annotated[PositiveInt, OneOf(2, 3, 4, 6)] = 4
    leaf: Annotated[PositiveInt, OneOf(20, 50, 100, 200)] = 50
    learning_rate: Annotated[float, Field(gt=0, le=1), LogUniform(0.01, 0.3)] = 0.05
    penalty: Annotated[float, Field(ge=0), LogUniform(0.1, 100.0)] = 1.0
    patience: PositiveInt = 20
    rows: PositiveInt = 200_000


def fit(config: Config, lesson: Lesson) -> Learned:
    trees, base = [], []
    for column in range(len(lesson.windows.horizons)):
        rows = draw_rows(lesson, column, most=config.rows)
        level = float(rows.y_R.mean()) if len(rows.y_R) else 0.0
        trees.append(export_trees(grow(config, rows, level, lesson.seed)) if len(rows.y_R) else [])
        base.append(level)
    return Learned(stack_trees(trees, base))


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, None]:
    return predict_trees(learned.arrays, asked), None


def grow(config: Config, rows: TreeRows, level: float, seed: int) -> Any:
    """The trees of what the level leaves, up to the least error on validation dates."""
    import xgboost

    learn = xgboost.DMatrix(rows.x_RF, rows.y_R - level, nthread=1)
    watched = len(rows.y_watch_W) > 0
    options = {
        "objective": "reg:squarederror",
        "base_score": 0.0,
        "tree_method": "hist",
        "max_depth": config.depth,
        "min_child_weight": config.leaf,
        "eta": config.learning_rate,
        "lambda": config.penalty,
        "nthread": 1,
        "seed": seed,
    }
    watch = (
        [(xgboost.DMatrix(rows.x_watch_WF, rows.y_watch_W - level, nthread=1), "watch")] if watched else []
    )
    model = xgboost.train(
        options,
        learn,
        config.trees,
        evals=watch,
        early_stopping_rounds=config.patience if watched else None,
        verbose_eval=False,
    )
    return model[: model.best_iteration + 1] if watched else model


def export_trees(model: Any) -> list[Tree]:
    """XGBoost goes left where a float32 is less than the condition: at most the float32 before it."""
    content = json.loads(model.save_raw("json"))
    trees = []
    for tree in content["learner"]["gradient_booster"]["model"]["trees"]:
        left, condition = (
            np.array(tree["left_children"]),
            np.array(tree["split_conditions"], dtype=np.float32),
        )
        trees.append(
            make_tree(
                np.array(tree["split_indices"]),
                np.nextafter(condition, np.float32(-np.inf)),
                left,
                np.array(tree["right_children"]),
                np.array(tree["default_left"]),
                condition,
                left < 0,
            )
        )
    return trees
