"""Small simulated markets for tests, as prices, as windows and as a whole experiment."""

import datetime as dt
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.features.table import build_features
from ml_core.panel.windows import Windows, build_windows
from ml_core.spec.experiment import Experiment, Task

NOW = dt.datetime(2026, 1, 2, 22, tzinfo=dt.UTC)
TICKERS = ("ALFA", "BRAV", "CHAR", "DELT", "ECHO", "FOXT", "GOLF", "HOTL")
FEATURES = ("momentum_1", "momentum_5", "volatility_5", "shock")


@cache
def simulate_prices(*, tickers: int = 6, sessions: int = 260, seed: int = 3, ic: float = 0.3) -> pl.DataFrame:
    """PRICES of a seeded market with a planted momentum."""
    config = simulated.Config(seed=seed, sessions=sessions, ic=ic)
    request = Request(TICKERS[:tickers], {}, "XNYS", None, None, NOW)
    return adjust(simulated.fetch(request, config).bars)


def prices_of(close_TN: np.ndarray, *, first: str = "2020-01-01") -> pl.DataFrame:
    """PRICES of tickers A, B, C… whose bars are flat at these closes; NaN is a session without a bar."""
    sessions, tickers = close_TN.shape
    close = pl.col("close")
    return (
        pl.DataFrame(
            {
                "ticker": np.tile([chr(65 + number) for number in range(tickers)], sessions),
                "date": np.repeat(np.datetime64(first) + np.arange(sessions), tickers),
                "close": close_TN.ravel(),
            }
        )
        .filter(close.is_not_nan())
        .with_columns(open=close, high=close, low=close, volume=pl.lit(1e6))
        .with_columns(dividend=pl.lit(0.0), split=pl.lit(1.0), factor=pl.lit(1.0))
        .sort("ticker", "date")
    )


def walk(*, sessions: int, tickers: int, seed: int = 0) -> np.ndarray:
    """close_TN: a random walk."""
    rng = np.random.default_rng(seed)
    return 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (sessions, tickers)), axis=0))


def read_windows(prices: pl.DataFrame, task: Task, features: tuple[str, ...] = FEATURES) -> Windows:
    return build_windows(prices, build_features(prices, features), task)


def small_experiment(**sections: dict) -> Experiment:
    """A whole experiment that is fitted in a second; sections are laid over it."""
    content: dict = {
        "name": "small",
        "universe": {"tickers": TICKERS[:6]},
        "data": {"source": "simulated", "simulated": {"sessions": 260, "seed": 3, "ic": 0.3}},
        "task": {"lookback": 8, "horizons": [1, 3]},
        "features": {"names": FEATURES},
        "model": {"family": "lstm", "hidden": 8},
        "training": {"epochs": 2, "batch": 32},
        "search": {"trials": 3, "epochs": 2, "cpus_per_trial": 2},  # one worker: each starts for seconds
        "validation": {"train": 100, "test": 24, "holdout": 40, "folds": 2},
    }
    for name, section in sections.items():
        content[name] = {**content.get(name, {}), **section} if isinstance(section, dict) else section
    return Experiment.model_validate(content)


def write_experiment(folder: Path, **sections: dict) -> Path:
    """The small experiment as a TOML file."""
    import tomlkit

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "small.toml"
    content = small_experiment(**sections).model_dump(mode="json", exclude_none=True)
    path.write_text(tomlkit.dumps(content), encoding="utf-8")
    return path
