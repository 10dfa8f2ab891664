"""What each baseline costs on many tickers: CPU seconds to fit and to answer, and the size of what is saved.

    python benchmarks/baselines_cost.py --tickers 500 --sessions 2500

Prices are random walks: how long an answer takes does not depend on how good it is. One thread; three horizons (1, 5,
20), the first 24 features, 1,000 training sessions, every usable row answered.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time

import numpy as np
import polars as pl

from ml_core.baselines import BASELINES, Lesson, fit_baseline
from ml_core.features.table import build_features, chosen_names
from ml_core.forecaster.learners import complete
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows, build_windows
from ml_core.spec import choices
from ml_core.spec.experiment import Features, Model, Task

LOOKBACK, FEATURES, TRAINED = 60, 24, 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tickers", type=int, default=500)
    parser.add_argument("--sessions", type=int, default=2500)
    parser.add_argument("--only", nargs="*", default=choices.names(BASELINES), metavar="NAME")
    given = parser.parse_args()
    windows = walk(tickers=given.tickers, sessions=given.sessions)
    lesson, rows_NT = lesson_of(windows), windows.usable(LOOKBACK)
    print(f"{given.tickers} tickers, {given.sessions} sessions, {rows_NT.sum():,} rows to answer")
    print("| baseline | fit CPU-s | answer CPU-s | µs a row | KB |\n|---|---|---|---|---|")
    for name in given.only:
        begun = time.process_time()
        fitted = fit_baseline(complete(Model(family=name)), lesson)
        between = time.process_time()
        fitted.outputs(windows, rows_NT, lesson.features)
        answer = time.process_time() - between
        size = sum(part.nbytes for part in fitted.learned.arrays.values()) / 1024
        per_row = 1e6 * answer / rows_NT.sum()
        print(f"| {name} | {between - begun:.1f} | {answer:.1f} | {per_row:.1f} | {size:.0f} |", flush=True)


def walk(*, tickers: int, sessions: int) -> Windows:
    """Windows of random walks."""
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (tickers, sessions)), axis=1)).reshape(-1)
    days = np.datetime64(dt.date(2010, 1, 1)) + np.arange(sessions)
    prices = pl.DataFrame(
        {
            "ticker": np.repeat([f"T{number:04}" for number in range(tickers)], sessions),
            "date": np.tile(days, tickers),
            **dict.fromkeys(("open", "high", "low", "close"), close),
            "volume": 1e6,
            "dividend": 0.0,
            "split": 1.0,
            "factor": 1.0,
        }
    )
    names = chosen_names(Features(), prices.columns)[:FEATURES]
    return build_windows(prices, build_features(prices, names), Task(horizons=(1, 5, 20)))


def lesson_of(windows: Windows) -> Lesson:
    days = windows.usable_sessions(LOOKBACK)
    train, watch = TRAINED, TRAINED + 200
    split = Split(
        0, Span(days[0], days[train]), Span(days[train + 20], days[watch]), Span(days[watch + 20], days[-1])
    )
    return Lesson(windows, split, LOOKBACK, windows.features, rival=True)


if __name__ == "__main__":
    main()
