"""Which inputs say nearly the same, so that to take one away and leave the other would take nothing: they are asked
together.

Kin are found on the training dates, by the size of the rank correlation of every two (Spearman), joined from the
nearest on while the mean of it between two bundles is above `NEAR` (average linkage). Beside kin stand the groups in
which features are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ml_core.explain.spoken import tell
from ml_core.explain.stretch import Stretch
from ml_core.features.table import group_of

NEAR = 0.7
MOST = 4000  # rows that are ranked
Bundle = tuple[str, ...]


def find_kin(stretch: Stretch) -> tuple[Bundle, ...]:
    """Every input in one bundle, alone where it has no kin; in the order in which the model reads them."""
    from scipy.cluster.hierarchy import fcluster, linkage  # slow to import
    from scipy.spatial.distance import squareform

    names = stretch.names
    if len(names) < 2:
        return tuple((name,) for name in names)
    near_FF = _rank_correlation(_learned_values(stretch))
    apart = squareform(1 - near_FF, checks=False)
    of_F = fcluster(linkage(apart, "average"), t=1 - NEAR, criterion="distance")
    return _bundles(names, of_F.tolist())


def tell_bundle(names: Bundle, strength: Mapping[str, float]) -> str:
    """Its strongest input and how many say nearly the same."""
    first = max(names, key=lambda name: strength[name])
    return tell(first) + (f" and {len(names) - 1} like it" if len(names) > 1 else "")


def measure_strength(x_RF: np.ndarray, names: Sequence[str], mean_R: np.ndarray) -> dict[str, float]:
    """How closely each input goes with what the model says of the same rows, by rank; thinned to as many rows as kin
    are found by."""
    thin = slice(None, None, max(1, -(-len(x_RF) // MOST)))
    near_FF = _rank_correlation(np.column_stack([x_RF[thin], mean_R[thin]]))
    return dict(zip(names, near_FF[-1, :-1].tolist(), strict=True))


def find_groups(names: Sequence[str]) -> dict[str, Bundle]:
    """The inputs of each group of features."""
    groups = [group_of(name) for name in names]
    return {
        group: tuple(name for name, one in zip(names, groups, strict=True) if one == group)
        for group in dict.fromkeys(groups)
    }


def _bundles(names: Sequence[str], of: Sequence[int]) -> tuple[Bundle, ...]:
    return tuple(
        tuple(name for name, one in zip(names, of, strict=True) if one == number)
        for number in dict.fromkeys(of)
    )


def _learned_values(stretch: Stretch) -> np.ndarray:
    """x_RF of the training dates, evenly thinned."""
    windows = stretch.windows
    rows = np.argwhere((windows.open_NT & windows.rows(stretch.learned)).T)[:, ::-1]
    rows = rows[:: -(-len(rows) // MOST)] if len(rows) else rows
    ticker, session = rows.T
    return np.stack([stretch.values(name)[ticker, session] for name in stretch.names], axis=1)


def _rank_correlation(x_RF: np.ndarray) -> np.ndarray:
    """near_FF: the size of the rank correlation; zero with an input that never changes. What is missing is taken for
    the middle."""
    from scipy.stats import rankdata  # slow to import

    if len(x_RF) < 3:
        return np.eye(x_RF.shape[1])
    middle_F = np.array(
        [np.median(x_R[np.isfinite(x_R)]) if np.isfinite(x_R).any() else 0.0 for x_R in x_RF.T]
    )
    rank_RF = rankdata(np.where(np.isfinite(x_RF), x_RF, middle_F), axis=0)
    rank_RF = rank_RF - rank_RF.mean(axis=0)
    size_F = np.linalg.norm(rank_RF, axis=0)
    unit_RF = np.divide(rank_RF, size_F, out=np.zeros_like(rank_RF), where=size_F > 0)
    near_FF = np.clip(np.abs(unit_RF.T @ unit_RF), 0.0, 1.0)
    np.fill_diagonal(near_FF, 1.0)
    return near_FF
