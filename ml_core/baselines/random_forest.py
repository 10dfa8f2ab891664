"""Averages many deep trees, each grown on rows drawn anew (Breiman, 2001), by scikit-learn."""

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, PositiveInt

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows
from ml_core.baselines._trees import Tree, TreeRows, draw_rows, make_tree, predict_trees, stack_trees
from ml_core.spec.ranges import OneOf, Uniform


class Config(BaselineConfig):
    """`leaf`: the fewest rows of a leaf; `share` of the features are tried at a split; at most `rows` are learned
    from, and each tree draws half as many of them."""

    reads: ClassVar[FeaturesRead] = "raw"
    draws: ClassVar[bool] = True
    trees: Annotated[PositiveInt, OneOf(50, 100, 200)] = 100
    depth: Annotated[PositiveInt, OneOf(4, 6, 8, 10)] = 6
    leaf: Annotated[PositiveInt, OneOf(50, 100, 200, 400)] = 200
    share: Annotated[float, Field(gt=0, le=1), Uniform(0.1, 0.7)] = 0.33
    rows: PositiveInt = 50_000


def fit(config: Config, lesson: Lesson) -> Learned:
    trees = []
    for column in range(len(lesson.windows.horizons)):
        rows = draw_rows(lesson, column, most=config.rows)
        trees.append(export_trees(grow(config, rows, lesson.seed)) if len(rows.y_R) else [])
    return Learned(stack_trees(trees, [0.0] * len(trees)))


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, None]:
    return predict_trees(learned.arrays, asked), None


def grow(config: Config, rows: TreeRows, seed: int) -> Any:
    """The fitted forest of scikit-learn."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        config.trees,
        max_depth=config.depth,
        min_samples_leaf=config.leaf,
        max_features=config.share,
        max_samples=0.5,
        random_state=seed,
        n_jobs=1,
    )
    return forest.fit(rows.x_RF, rows.y_R)


def export_trees(forest: Any) -> list[Tree]:
    """Its trees, each with its share of the mean in its leaves."""
    grown = [estimator.tree_ for estimator in forest.estimators_]
    return [
        make_tree(
            tree.feature,
            tree.threshold,
            tree.children_left,
            tree.children_right,
            tree.__getstate__()["nodes"]["missing_go_to_left"],
            tree.value[:, 0, 0] / len(grown),
            tree.children_left < 0,
        )
        for tree in grown
    ]
