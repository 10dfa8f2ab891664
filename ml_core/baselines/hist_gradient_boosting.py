"""Boosts small trees with scikit-learn, each grown on what those before it left over (Friedman, 2001), on binned
features. It stops once the error on the validation dates has not fallen for a while, and goes back to where that
was least."""

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, PositiveInt
from threadpoolctl import threadpool_limits

from ml_core.baselines import BaselineConfig, FeaturesRead, Learned, Lesson, PanelRows
from ml_core.baselines._trees import Tree, TreeRows, draw_rows, make_tree, predict_trees, stack_trees
from ml_core.spec.ranges import LogUniform, OneOf


class Config(BaselineConfig):
    """`trees`: at most; `leaf`: the fewest rows of a leaf; at most `rows` are learned from."""

    reads: ClassVar[FeaturesRead] = "raw"
    trees: PositiveInt = 300
    depth: Annotated[PositiveInt, OneOf(2, 3, 4, 6)] = 4
    leaf: Annotated[PositiveInt, OneOf(20, 50, 100, 200)] = 50
    learning_rate: Annotated[float, Field(gt=0, le=1), LogUniform(0.01, 0.3)] = 0.05
    penalty: Annotated[float, Field(ge=0), LogUniform(0.1, 100.0)] = 1.0
    patience: PositiveInt = 20
    rows: PositiveInt = 200_000


def fit(config: Config, lesson: Lesson) -> Learned:
    trees: list[list[Tree]] = []
    base: list[float] = []
    for column in range(len(lesson.windows.horizons)):
        rows = draw_rows(lesson, column, most=config.rows)
        grown = grow(config, rows, lesson.seed) if len(rows.y_R) else None
        trees.append(export_trees(grown) if grown else [])
        base.append(float(np.ravel(grown._baseline_prediction)[0]) if grown else 0.0)
    return Learned(stack_trees(trees, base))


def predict(learned: Learned, asked: PanelRows) -> tuple[np.ndarray, None]:
    return predict_trees(learned.arrays, asked), None


def grow(config: Config, rows: TreeRows, seed: int) -> Any:
    """The fitted model of scikit-learn."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    watched = len(rows.y_watch_W) > 0
    options: dict[str, Any] = {
        "max_leaf_nodes": None,
        "early_stopping": watched,
    }  # typed as what they mostly are
    model = HistGradientBoostingRegressor(
        max_iter=config.trees,
        max_depth=config.depth,
        min_samples_leaf=config.leaf,
        learning_rate=config.learning_rate,
        l2_regularization=config.penalty,
        n_iter_no_change=config.patience,
        random_state=seed,
        **options,
    )
    watch = {"X_val": rows.x_watch_WF, "y_val": rows.y_watch_W} if watched else {}
    with threadpool_limits(1):  # again: its threads are loaded with it
        return model.fit(rows.x_RF, rows.y_R, **watch)


def export_trees(model: Any) -> list[Tree]:
    """The trees up to the least error on validation dates; the first score is that of no tree at all."""
    scores = np.asarray(model.validation_score_)
    kept = int(np.argmax(scores)) if len(scores) else len(model._predictors)
    nodes = [predictors[0].nodes for predictors in model._predictors[:kept]]
    return [
        make_tree(
            tree["feature_idx"],
            tree["num_threshold"],
            tree["left"],
            tree["right"],
            tree["missing_go_to_left"],
            tree["value"],
            tree["is_leaf"].astype(bool),
        )
        for tree in nodes
    ]
