"""Does a refit that starts from the last fold's weights cost less, and does it score the same?

Twenty folds walking forward (504 sessions to learn from, 63 to test on), refitted cold, with 8 epochs, and warm, with
3 from the weights of the fold before; scaling, early stopping and calibration are made anew in both. The weights of a
fold have seen no date after its own validation, which ends before its test begins and so before any later test.
Printed: CPU seconds, and the test IC of warm less cold over folds, with two standard errors.

    python benchmarks/warm_start.py [--seeds 2] [--files FILE --tickers A B …]
"""

import argparse
import datetime as dt
import time
from collections.abc import Iterator

import numpy as np
import polars as pl
import torch

from ml_core.data.providers import Request, files, simulated
from ml_core.data.store.bars import adjust
from ml_core.evaluation.metrics import find_metric
from ml_core.panel.splits import walk_forward
from ml_core.spec.experiment import Features, Model, Reading, RunSpec, Training, Validation
from ml_core.training.fit import assemble
from ml_core.training.loop import Fitting
from ml_core.walkforward.opening import open_windows
from ml_core.walkforward.rows import forecast_split

COLD, WARM, FOLDS = 8, 3, 20
VALIDATION = Validation(train=504, test=63, folds=FOLDS, holdout=0)
NAMES = (
    "relative_shock",
    "shock",
    "momentum_1",
    "momentum_5",
    "momentum_20",
    "volatility_5",
    "volatility_20",
)
END = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=2)
    arguments.add_argument("--files")
    arguments.add_argument("--tickers", nargs="+", default=[])
    given = arguments.parse_args()
    torch.set_num_threads(1)
    for market, prices in markets(given.files, tuple(given.tickers)):
        found = np.array(
            [walk(prices, seed) for seed in range(given.seeds)]
        )  # seed, fold, (cold, warm), value
        gap = (found[:, :, 1, 0] - found[:, :, 0, 0]).ravel()
        seconds = found[..., 1].sum(axis=(0, 1))
        print(
            f"{market:16} test IC {found[:, :, 0, 0].mean():.4f} cold, {found[:, :, 1, 0].mean():.4f} warm; "
            f"difference {gap.mean():+.4f} ± {2 * gap.std(ddof=1) / len(gap) ** 0.5:.4f}; "
            f"CPU s {seconds[0]:.1f} cold, {seconds[1]:.1f} warm: {seconds[0] / seconds[1]:.2f}x"
        )


def walk(prices: pl.DataFrame, seed: int) -> list[list[tuple[float, float]]]:
    """By fold: test IC and CPU seconds, cold and warm."""
    windows, _ = open_windows(spec_of(seed, COLD), prices)
    splits = walk_forward(windows.usable_sessions(60), VALIDATION, horizon=1)
    kept: dict[str, torch.Tensor] | None = None
    rows = []
    for split in splits:
        row = []
        for epochs in (COLD, WARM):
            begun = time.process_time()
            fitting = Fitting(spec_of(seed, epochs if kept else COLD), windows, split)
            if epochs == WARM and kept:
                fitting.network.load_state_dict(kept)
            for _ in fitting.epochs():
                pass
            seconds = time.process_time() - begun
            table = forecast_split(assemble([fitting]), windows, split)
            row.append((find_metric("ic")(table), seconds))
        kept = fitting.member().network.state_dict()
        rows.append(row)
    return rows


def spec_of(seed: int, epochs: int) -> RunSpec:
    return RunSpec(
        reading=Reading(lookback=60, features=Features(names=NAMES, select="all")),
        model=Model(family="lstm"),
        training=Training(epochs=epochs, patience=epochs, windows=1024),
        seed=seed,
    )


def markets(path: str | None, tickers: tuple[str, ...]) -> Iterator[tuple[str, pl.DataFrame]]:
    if path:
        request = Request(tickers, {}, "XNYS", None, None, END)
        yield "files", adjust(files.fetch(request, files.Config.model_validate({"path": path})).bars)
        return
    for seed, strength in ((11, 0.1), (12, 0.1), (13, 0.05)):
        request = Request(tuple(f"T{number:02d}" for number in range(30)), {}, "XNYS", None, None, END)
        config = simulated.Config(seed=seed, sessions=2000, ic=strength)
        yield f"simulated {seed}, {strength}", adjust(simulated.fetch(request, config).bars)


if __name__ == "__main__":
    main()
