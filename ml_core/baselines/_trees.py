"""Turns trees of any library into plain arrays and evaluates them. Forests and boosting are saved and answer
without the library that grew them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml_core.baselines import Lesson, PanelRows

BLOCK = 4096  # rows at a time: what they touch stays in the cache


@dataclass(frozen=True)
class Tree:
    """Node m: left where feature m <= threshold m, or where it is missing and `missing_left`; a leaf leads to
    itself and holds the value. The root is node 0."""

    feature_M: np.ndarray
    threshold_M: np.ndarray
    left_M: np.ndarray
    right_M: np.ndarray
    missing_left_M: np.ndarray
    value_M: np.ndarray


@dataclass(frozen=True)
class TreeRows:
    """What a tree is grown on, and what boosting is stopped by."""

    x_RF: np.ndarray
    y_R: np.ndarray
    x_watch_WF: np.ndarray
    y_watch_W: np.ndarray


def draw_rows(lesson: Lesson, column: int, *, most: int) -> TreeRows:
    """Rows whose outcome at this horizon is known, at most so many of either kind, drawn by the lesson's seed."""
    rng = np.random.default_rng([lesson.seed, lesson.split.fold, column])
    parts: list[np.ndarray] = []
    for asked in (lesson.learn, lesson.watch):
        known = np.flatnonzero(np.isfinite(asked.y_RH[:, column]))
        if len(known) > most:
            known = np.sort(rng.choice(known, most, replace=False))
        parts += [asked.x_RF[known], asked.y_RH[known, column]]
    return TreeRows(*parts)


def make_tree(feature: np.ndarray, threshold: np.ndarray, left: np.ndarray, right: np.ndarray,
              missing_left: np.ndarray, value: np.ndarray, leaf: np.ndarray) -> Tree:  # fmt: skip
    """A tree of a library's node table, whatever it writes where a leaf has no children."""
    own = np.arange(len(leaf))
    return Tree(
        np.where(leaf, 0, feature).astype(np.int32),
        np.where(leaf, 0.0, threshold).astype(np.float64),
        np.where(leaf, own, left).astype(np.int32),
        np.where(leaf, own, right).astype(np.int32),
        (missing_left.astype(bool) & ~leaf).astype(np.uint8),
        np.where(leaf, value, 0.0).astype(np.float64),
    )


def stack_trees(trees: Sequence[Sequence[Tree]], base: Sequence[float]) -> dict[str, np.ndarray]:
    """The trees of every horizon end to end; a forecast is its base and the sum of its trees' leaves."""
    flat = [(column, tree) for column, some in enumerate(trees) for tree in some]
    starts = np.cumsum([0, *(len(tree.value_M) for _, tree in flat)])[:-1]
    arrays: dict[str, np.ndarray] = {
        name: np.concatenate([vars(tree)[f"{name}_M"] for _, tree in flat] or [np.zeros(0)])
        for name in ("feature", "threshold", "missing_left", "value")
    }
    for side in ("left", "right"):
        moved = [vars(tree)[f"{side}_M"] + start for (_, tree), start in zip(flat, starts, strict=True)]
        arrays[side] = np.concatenate(moved or [np.zeros(0)]).astype(np.int32)
    return {
        **arrays,
        "root": starts.astype(np.int32),
        "depth": np.array([_depth(tree) for _, tree in flat], dtype=np.int32),
        "horizon": np.array([column for column, _ in flat], dtype=np.int32),
        "base": np.asarray(base, dtype=np.float64),
    }


def predict_trees(arrays: Mapping[str, np.ndarray], asked: PanelRows) -> np.ndarray:
    """mean_RH: the sum over the trees, in their order, row by row."""
    x_RF = asked.x_RF
    mean_RH = np.tile(arrays["base"], (len(x_RF), 1))
    nodes = {name: arrays[name].astype(np.intp) for name in ("feature", "left", "right")}
    nodes["child"] = np.stack([nodes["right"], nodes["left"]], axis=1).reshape(-1)
    nodes |= {name: arrays[name] for name in ("threshold", "missing_left")}
    for begin in range(0, len(x_RF), BLOCK):
        block = slice(begin, begin + BLOCK)
        x_FR = np.ascontiguousarray(x_RF[block].T)
        missing_FR = np.isnan(x_FR)
        gaps = missing_FR if missing_FR.any() else None
        for root, depth, column in zip(arrays["root"], arrays["depth"], arrays["horizon"], strict=True):
            leaf_R = _leaves(nodes, x_FR, gaps, int(root), int(depth))
            mean_RH[block, column] += arrays["value"][leaf_R]
    return mean_RH


def _leaves(
    nodes: Mapping[str, np.ndarray], x_FR: np.ndarray, gaps: np.ndarray | None, root: int, depth: int
) -> np.ndarray:
    """The leaf that each row comes to: once a level down, and from a leaf nowhere."""
    rows_R, width = np.arange(x_FR.shape[1]), x_FR.shape[1]
    node_R = np.full(width, root, dtype=np.intp)
    for _ in range(depth):
        place_R = nodes["feature"].take(node_R) * width + rows_R
        left_R = x_FR.ravel().take(place_R) <= nodes["threshold"].take(node_R)
        if gaps is not None:
            left_R |= gaps.ravel().take(place_R) & (nodes["missing_left"].take(node_R) > 0)
        node_R = nodes["child"].take(2 * node_R + left_R)
    return node_R


def _depth(tree: Tree) -> int:
    """How many steps lead from the root to the farthest leaf."""
    nodes, steps = np.array([0]), 0
    while True:
        inner = nodes[tree.left_M[nodes] != nodes]
        if not len(inner):
            return steps
        nodes, steps = np.concatenate([tree.left_M[inner], tree.right_M[inner]]), steps + 1
