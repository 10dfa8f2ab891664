"""Models that learned from a simulated market in which it is known what was planted, and what they did not learn
from."""

import datetime as dt
from functools import cache

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.explain.stretch import Stretch, lay_stretch
from ml_core.features.table import build_features
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import build_windows
from ml_core.spec.experiment import Model, Reading, RunSpec, Task, Training
from ml_core.training.fit import fit

NOW = dt.datetime(2026, 1, 2, 22, tzinfo=dt.UTC)
TICKERS = tuple(f"T{number:02d}" for number in range(16))
GAP, VOLUME = ("overnight", "gap_shock"), "volume_shock"
OTHERS = (
    "volatility_20",
    "skew_20",
    "volume_volatility_20",
)  # neither made of the gap, nor moved by what it moves
LOOKBACK = 6


@cache
def learn(
    family: str,
    signal: str,
    names: tuple[str, ...],
    *,
    seed: int = 5,
    sessions: int = 900,
    tickers: tuple[str, ...] = TICKERS,
    lookback: int = LOOKBACK,
    epochs: int = 10,
    patience: int = Training().patience,
    layout: str = "pooled",
) -> Stretch:
    config = simulated.Config.model_validate(
        {"seed": seed, "sessions": sessions, "ic": 0.4, "signal": signal}
    )
    prices = adjust(simulated.fetch(Request(tickers, {}, "XNYS", None, None, NOW), config).bars)
    task = Task(horizons=(1,))
    windows = build_windows(prices, build_features(prices, names), task)
    days = windows.usable_sessions(lookback)
    first, second = int(0.6 * len(days)), int(0.75 * len(days))
    split = Split(
        0,
        Span(days[0], days[first]),
        Span(days[first + 5], days[second]),
        Span(days[second + 5], days[-1]),
    )
    reading = Reading.model_validate(
        {"lookback": lookback, "layout": layout, "features": {"names": names, "select": "all"}}
    )
    training = Training(epochs=epochs, batch=64, patience=patience)
    spec = RunSpec(task=task, reading=reading, model=Model(family=family), training=training)
    return lay_stretch(fit(spec, windows, split), prices, learned=split.train, asked=split.test)
