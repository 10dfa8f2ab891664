"""Scenes for the contracts of explanations: every family and every baseline, fitted small."""

import datetime as dt
from functools import cache

from ml_core.baselines import BASELINES
from ml_core.explain.stretch import Stretch, lay_stretch
from ml_core.explain.subject import Scene, open_scene
from ml_core.forecaster.forecaster import Forecaster
from ml_core.models.family import FAMILIES
from ml_core.panel.splits import Span, Split
from ml_core.spec import choices
from ml_core.spec.experiment import Model, Reading, RunSpec, Task, Training
from ml_core.training.fit import fit
from tests.market import read_windows, simulate_prices

NETWORKS, SIMPLE = choices.names(FAMILIES), choices.names(BASELINES)
CASES = [(name, layout) for name in NETWORKS for layout in ("pooled", "joint")]
CASES += [(name, "pooled") for name in SIMPLE]
PRICES = simulate_prices(sessions=260)
TICKER, HORIZON, LOOKBACK = "CHAR", 3, 8


def split_of(days: tuple[dt.date, ...]) -> Split:
    return Split(0, Span(days[40], days[140]), Span(days[145], days[190]), Span(days[195], days[-1]))


@cache
def fit_small(name: str, layout: str = "pooled", target: str = "return") -> Forecaster:
    """Two members, where a seed matters."""
    task = Task.model_validate({"horizons": (1, HORIZON), "target": target})
    windows = read_windows(PRICES, task)
    split = split_of(windows.sessions)
    spec = RunSpec(
        task=task,
        reading=Reading.model_validate({"lookback": LOOKBACK, "layout": layout}),
        model=Model(family=name),
        training=Training(epochs=2, batch=32),
        seeds=2,
    )
    return fit(spec, windows, split)


@cache
def scene_of(name: str, layout: str = "pooled", target: str = "return") -> Scene:
    return open_scene(fit_small(name, layout, target), PRICES)


@cache
def stretch_of(name: str, layout: str = "pooled", target: str = "return") -> Stretch:
    """The sessions that it did not learn from."""
    forecaster = fit_small(name, layout, target)
    split = split_of(scene_of(name, layout, target).windows.sessions)
    return lay_stretch(forecaster, PRICES, learned=split.train, asked=split.test)
