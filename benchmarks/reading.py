"""What the linear reading beside every encoder finds: IC on simulated markets, with it and with it held at zero.

    python benchmarks/reading.py [--markets 6]

`demo`: its last fold and its holdout, pooled, one and five sessions ahead. `weekly_etfs`: its last fold and its holdout
in the joint layout, under a planted momentum of 60 sessions and IC 0.15. Untuned specs, one seed, other markets than
the files' own. Ridge and the oracle stand beside them on the same rows.
"""

import argparse
import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl
import torch

from ml_core.data.frequency import at_frequency
from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.evaluation.metrics import find_metric
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import read_experiment
from ml_core.training.fit import assemble
from ml_core.training.loop import Fitting
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.rows import forecast_split

CASES = {
    "demo": ("lstm", "attention_lstm", "transformer"),
    "weekly_etfs": ("lstm", "hybrid"),
}
SETTINGS = {
    "demo": (),
    "weekly_etfs": ('data.source="simulated"', "data.simulated.memory=60", "data.simulated.ic=0.15"),
}
HORIZONS = {"demo": (1, 5), "weekly_etfs": (1,)}
KEY = ["ticker", "as_of", "horizon"]
LAST = 2  # splits of each market


def open_market(name: str, family: str, seed: int) -> tuple[Experiment, pl.DataFrame, simulated.Config]:
    """The experiment on the market of that seed."""
    settings = (*SETTINGS[name], f"data.simulated.seed={seed}", f'model.family="{family}"')
    experiment = read_experiment(name, (*settings, 'validation.baselines=["ridge"]', 'gate.beat=["zero"]'))
    config = simulated.Config(**experiment.data.options["simulated"])
    universe, end = experiment.universe, dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    request = Request(universe.tickers, universe.sectors, universe.calendar, None, None, end)
    daily = adjust(simulated.fetch(request, config).bars)
    return experiment, at_frequency(daily, experiment.task.frequency, calendar=universe.calendar), config


def forecast(experiment: Experiment, windows: Windows, split: Split, *, reads: bool) -> pl.DataFrame:
    """SCORED rows of a network fitted with the reading, or without it."""
    fitting = Fitting(experiment.spec, windows, split)
    fitting.network.direct.weight.requires_grad_(reads)
    for _ in fitting.epochs():
        pass
    return forecast_split(assemble([fitting]), windows, split)


def measure(name: str, family: str, seed: int) -> Iterator[list[float]]:
    """Per split the IC by horizon: without, with, ridge's, and on daily data the oracle's."""
    experiment, prices, config = open_market(name, family, seed)
    windows, _ = open_windows(experiment.spec, prices)
    for split in plan_folds(experiment, windows)[-LAST:]:
        without, read = (forecast(experiment, windows, split, reads=reads) for reads in (False, True))
        told = [without, read, beside(read, forecast_baselines(experiment, windows, split)["ridge"])]
        if experiment.task.frequency == "daily":
            oracle = simulated.oracle(experiment.universe, config, experiment.task.horizons)
            told.append(beside(read, oracle))
        yield [score(one, horizon) for horizon in experiment.task.horizons for one in told]


def beside(scored: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """The same rows with another's means."""
    means = other.select(*KEY, "mean").cast({"horizon": pl.Int32})
    return scored.drop("mean").join(means, on=KEY)


def score(scored: pl.DataFrame, horizon: int) -> float:
    return find_metric("ic")(scored.filter(pl.col("horizon") == horizon))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--markets", type=int, default=6)
    markets = asked.parse_args().markets
    torch.set_num_threads(1)
    for name, families in CASES.items():
        for family in families:
            found = np.array(
                [row for seed in range(101, 101 + markets) for row in measure(name, family, seed)]
            )
            each = found.reshape(len(found), -1, 4 if name == "demo" else 3)
            gain = each[:, :, 1] - each[:, :, 0]
            error = gain.std(axis=0, ddof=1) / len(gain) ** 0.5
            for horizon, line, more, luck in zip(
                HORIZONS[name], each.mean(axis=0), gain.mean(axis=0), 2 * error, strict=True
            ):
                values = " | ".join(f"{value:.3f}" for value in line)
                print(f"| {name} | {family} | {horizon} | {values} | {more:+.3f} ± {luck:.3f} |", flush=True)


if __name__ == "__main__":
    main()
