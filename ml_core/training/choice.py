"""Chooses the inputs of a fit from its training dates: the market's regimes, and the features that last, each
with the reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_core.features.regimes import REGIME_FEATURES, Regimes
from ml_core.features.selection import Candidates, Choice, select_features
from ml_core.features.table import chosen_names, group_of
from ml_core.panel.regimes import learn_regimes, with_regimes
from ml_core.panel.splits import Span
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import RunSpec


@dataclass(frozen=True)
class Inputs:
    """Windows with the regimes of their training dates, and the chosen of their features."""

    windows: Windows
    choice: tuple[Choice, ...]
    regimes: Regimes | None

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(one.feature for one in self.choice)


def choose_inputs(spec: RunSpec, windows: Windows, train: Span) -> Inputs:
    """Take from the panel what the spec reads, and fit regimes and the choice of features on training dates. Regimes
    that no chosen feature uses are dropped."""
    windows = windows.read_as(spec.reading.features)
    asked = chosen_names(spec.reading.features)
    regimes = learn_regimes(windows, train, asked)
    windows = with_regimes(windows, regimes, asked)
    choice = choose_features(spec, windows, train)
    spoken_of = any(one.feature in REGIME_FEATURES for one in choice)
    return Inputs(windows, choice, regimes if spoken_of else None)


def choose_features(spec: RunSpec, windows: Windows, train: Span) -> tuple[Choice, ...]:
    """The `select` best features on training dates, by their link with the average of the horizons; those that the
    spec names stay. Without a choice to make, all of them, unjudged."""
    names, asked = windows.names, spec.reading.features
    if asked.select == "all" or asked.select >= len(names) or set(names) <= set(asked.names):
        return tuple(Choice(feature=name, group=group_of(name), asked=name in asked.names) for name in names)
    sessions = np.asarray(windows.sessions, dtype="datetime64[Y]")
    shared = [windows.shared[name] for name in names[len(windows.features) :]]
    panel = Candidates(
        x_NTF=windows.x_NTF,
        shared_TF=np.stack(shared, axis=1) if shared else np.empty((len(sessions), 0), dtype=np.float32),
        y_NT=_average(windows.y_NTH),
        rows_NT=windows.usable(spec.reading.lookback) & windows.rows(train),
        year_T=sessions.astype(int),
    )
    groups = {name: group_of(name) for name in names}
    return tuple(select_features(panel, names, groups=groups, count=asked.select, keep=asked.names))


def _average(y_NTH: np.ndarray) -> np.ndarray:
    """Over the horizons whose outcome is known; each stands in its own unit of volatility."""
    total_NT, known_NT = (np.zeros(y_NTH.shape[:2], dtype=np.float32) for _ in range(2))
    for horizon in range(y_NTH.shape[2]):
        y_NT = y_NTH[:, :, horizon]
        total_NT += np.nan_to_num(y_NT)
        known_NT += np.isfinite(y_NT)
    return np.divide(total_NT, known_NT, out=np.full_like(total_NT, np.nan), where=known_NT > 0)
