"""Every baseline on the same folds of one experiment: how good its mean and scale are, and what it costs.

    python benchmarks/baselines.py demo
    python benchmarks/baselines.py weekly_etfs --set data.source=files --set data.files.path=bars.parquet

The holdout is left alone. Errors are beside those of zero, whose scale is the volatility known at each row; p is
Diebold-Mariano's, one-sided. Seconds are CPU time on one thread, of one fold; a row is one ticker on one date.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ml_core.baselines import BASELINES, Lesson, fit_baseline
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices
from ml_core.evaluation.scores import score
from ml_core.forecaster.learners import complete
from ml_core.home.settings import open_home
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec import choices
from ml_core.spec.experiment import Experiment, Model
from ml_core.spec.file import read_experiment
from ml_core.training.choice import Inputs, choose_inputs
from ml_core.walkforward.opening import open_windows, plan_folds


@dataclass
class Cost:
    """CPU seconds and bytes, per fold."""

    fit: list[float]
    predict: list[float]
    rows: int
    size: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("experiment")
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--only", nargs="*", default=choices.names(BASELINES), metavar="NAME")
    given = parser.parse_args()
    experiment = read_experiment(given.experiment, tuple(given.overrides))
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder))
        refresh(experiment, home, now=dt.datetime.now(dt.UTC))
        prices = read_prices(experiment, home)
    windows, _ = open_windows(experiment.spec, prices)
    splits = [split for split in plan_folds(experiment, windows) if split.name != "holdout"]
    inputs = {split: choose_inputs(experiment.spec, windows, split.train) for split in splits}
    chosen = len(inputs[splits[0]].features)
    print(f"{experiment.name}: {len(windows.tickers)} tickers, {len(splits)} folds, {chosen} features")
    names = list(dict.fromkeys(("zero", *given.only)))
    tables, costs = {}, {}
    for name in names:
        tables[name], costs[name] = walk(name, experiment, windows, inputs)
    report(tables, costs)


def walk(
    name: str, experiment: Experiment, windows: Windows, inputs: dict[Split, Inputs]
) -> tuple[pl.DataFrame, Cost]:
    """What the baseline says of every fold's test rows, with the outcomes, and what it took."""
    lookback, cost, parts = experiment.reading.lookback, Cost([], [], 0, 0), []
    for split, chosen in inputs.items():
        lesson = Lesson(chosen.windows, split, lookback, chosen.features, rival=True)
        rows_NT = windows.usable(lookback) & windows.rows(split.test)
        begun = time.process_time()
        fitted = fit_baseline(complete(Model(family=name)), lesson)
        cost.fit.append(time.process_time() - begun)
        begun = time.process_time()
        mean_NTH, scale_NTH = fitted.outputs(lesson.windows, rows_NT, lesson.features)
        cost.predict.append(time.process_time() - begun)
        cost.rows = int(rows_NT.sum())
        cost.size = sum(part.nbytes for part in fitted.learned.arrays.values())
        unit_NTH = windows.unit_NTH
        columns = {"mean": mean_NTH, "scale": scale_NTH, "realized": windows.y_NTH}
        table = windows.to_table(rows_NT, **{key: part * unit_NTH for key, part in columns.items()})
        parts.append(table.with_columns(split=pl.lit("test")))
    return pl.concat(parts), cost


def report(tables: dict[str, pl.DataFrame], costs: dict[str, Cost]) -> None:
    """A row a baseline, for every horizon."""
    for horizon in sorted(tables["zero"]["horizon"].unique()):
        print(f"\n{horizon} session(s) ahead")
        print("| baseline | IC | squared error vs zero | CRPS vs zero | fit CPU-s | µs a row | KB |")
        print("|---|---|---|---|---|---|---|")
        for name, table in tables.items():
            own = table.filter(pl.col("horizon") == horizon)
            zero = tables["zero"].filter(pl.col("horizon") == horizon).drop("realized", "split")
            scores = score(own, {"zero": zero}, metrics=("ic", "mse", "crps"), resamples=20)
            rows = {row["metric"]: row for row in scores.iter_rows(named=True)}
            cost, crps, mse = costs[name], rows["crps"], rows["mse"]
            fit = sum(cost.fit) / len(cost.fit)
            print(
                f"| {name} | {rows['ic']['value']:.3f} | {told(mse)} | {told(crps)} | {fit:.2f} "
                f"| {1e6 * min(cost.predict) / cost.rows:.1f} | {cost.size / 1024:.0f} |"
            )


def told(row: dict) -> str:
    skill, p = row["skill_zero"], row["p_zero"]
    return f"{-skill:+.2%} (p {p:.3f})" if skill and p is not None else "-"


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=FutureWarning)
    main()
