"""Opens the panel that a spec reads from prices, long enough to learn from, and plans the folds through its time."""

from __future__ import annotations

import polars as pl

from ml_core.data.calendar import USUAL
from ml_core.errors import NotEnoughData
from ml_core.features.table import build_features, chosen_names, unite_asked
from ml_core.panel.splits import Split, combinatorial, holdout, walk_forward
from ml_core.panel.windows import PanelOrigin, Windows, build_windows
from ml_core.portfolio.market import Market, check_calendar
from ml_core.portfolio.opening import periods_per_year
from ml_core.spec.ensemble import Spec
from ml_core.spec.experiment import Experiment


def read_panel(spec: Spec, prices: pl.DataFrame) -> tuple[Windows, tuple[str, ...]]:
    """The panel that a spec, or several as one, reads, however short, and the features these prices cannot give."""
    if (sessions := prices["date"].n_unique()) < 2:
        raise NotEnoughData(f"{sessions} session of prices; expected at least {spec.lookback + 1}")
    asked = unite_asked([one.spec.reading.features for one in spec.components])
    columns = tuple(prices.columns)
    built = build_features(prices, chosen_names(asked, columns))
    origin = PanelOrigin(asked, columns, built.left_out)
    return build_windows(prices, built, spec.task, origin=origin), built.left_out


def open_windows(spec: Spec, prices: pl.DataFrame) -> tuple[Windows, tuple[str, ...]]:
    """The same, long enough for a window and for the longest horizon, its sessions as far apart as the task says."""
    check_calendar(Market(prices, periods_per_year(spec.task.frequency, USUAL)))
    windows, left_out = read_panel(spec, prices)
    if not windows.usable(spec.lookback).any():
        raise NotEnoughData(
            f"{len(windows.sessions)} sessions from {windows.sessions[0]} to {windows.sessions[-1]} give no window: "
            f"the features need a warm-up and the look-back {spec.lookback} sessions after it"
        )
    longest = spec.task.horizons[-1]
    if longest >= len(windows.sessions):
        raise NotEnoughData(
            f"task.horizons: {longest} is longer than the {len(windows.sessions)} sessions of data"
        )
    return windows, left_out


def plan_folds(experiment: Experiment, windows: Windows) -> list[Split]:
    """The folds of the experiment's scheme, and the holdout after them if one is asked for."""
    sessions = windows.usable_sessions(experiment.reading.lookback)
    horizon, validation = experiment.task.horizons[-1], experiment.validation
    cut = combinatorial if validation.scheme == "combinatorial" else walk_forward
    folds = cut(sessions, validation, horizon=horizon)
    if validation.holdout:
        folds.append(holdout(sessions, validation, horizon=horizon, fold=len(folds)))
    return folds
