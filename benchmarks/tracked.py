"""Does MLflow in SQLite, and what reads it, stay usable with very many trials?

    python benchmarks/tracked.py [--trials 50000] [--epochs 12] [--dates 20]

A home gets a version (the reference, which `predict` makes), and a search with a few trials, written as a search writes
them. What is asked of MLflow and of the ledger is timed; then one trial's run is copied within the database until there
are so many, each with values of its own, the ledger gets as many lines, and the same is asked again. Seconds by the
clock, a command with its start. To write so many by a search's own way costs 0.05 CPU seconds each: `logbook.py`.
"""

import argparse
import contextlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.logbook import PARAMS, size_of, trial_of
from ml_core.home.settings import Home, open_home
from ml_core.registry.ledgers import LEDGER
from ml_core.registry.trials import Trial, write_line
from ml_core.registry.versions import Registry
from ml_core.spec.file import read_experiment

EXPERIMENT = ("demo", "--set", "data.simulated.sessions=1500")
SEARCH, FEW = "written", 5
DOOR = "import sys; from cli.door import main; sys.argv[0] = 'candorcast'; main()"
TABLES = ("params", "tags", "metrics", "latest_metrics")
OTHER = {  # than in the run that is copied
    ("runs", "name"): "'trial c' || number",
    ("tags", "value"): "CASE WHEN key = 'trial' THEN 'c' || number ELSE value END",
    ("params", "value"): "CASE WHEN key = 'family' THEN value ELSE value || number END",
    ("metrics", "value"): "value * (1 + number % 1009 / 1009.0)",
    ("latest_metrics", "value"): "value * (1 + number % 1009 / 1009.0)",
}


def candorcast(home: Path, command: str, *more: str) -> None:
    words = [sys.executable, "-c", DOOR, command, *EXPERIMENT, *more, "--home", str(home)]
    subprocess.run(words, check=True, capture_output=True)


def copy_runs(database: Path, run: str, count: int) -> None:
    """Of every table that tells of a run, for so many runs more."""
    with contextlib.closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("CREATE TEMP TABLE copies (number INTEGER, copy TEXT)")
        opened.executemany("INSERT INTO copies VALUES (?, ?)", ((at, f"{at:032x}") for at in range(count)))
        for table in ("runs", *TABLES):
            columns = [row[1] for row in opened.execute(f"PRAGMA table_info({table})")]
            taken = (
                "copy" if column == "run_uuid" else OTHER.get((table, column), f'"{column}"')
                for column in columns
            )
            names = ", ".join(f'"{column}"' for column in columns)
            opened.execute(
                f"INSERT INTO {table} ({names}) SELECT {', '.join(taken)} FROM {table}, copies WHERE run_uuid = ?",
                (run,),
            )


def write_ledger(home: Home, model: str, count: int, dates: int) -> None:
    """Of a search whose trials were scored on so many dates."""
    rng, place = np.random.default_rng(0), home.searches / f"{model}-0a1b-1"
    place.mkdir(parents=True, exist_ok=True)
    days = [str(day) for day in np.arange("2019-01-01", "2029-01-01", dtype="datetime64[D]")[:dates]]
    with (place / LEDGER).open("w", encoding="utf-8") as file:
        for number in range(count):
            scores = dict(zip(days, rng.normal(0.02, 0.3, dates).round(6).tolist(), strict=True))
            params = PARAMS | {"training.key_0": float(rng.uniform())}
            rows = ({"score": float(rng.normal(0.02, 0.02)), "best": 0.05},)
            result = {"test_score": sum(scores.values()) / dates, "scores": scores, "returns": scores}
            file.write(write_line(Trial(f"c{number}", params, "finished", rows, result, 3.0)))


def questions(home: Home, model: str) -> dict[str, Callable[[], object]]:
    """What a user, the app and a search that goes on ask."""
    registry = Registry(home)
    client, experiment = registry._client, registry._experiment(model)

    def page(**asked: object) -> object:
        return client.search_runs([experiment], max_results=100, **asked)  # pyright: ignore

    trial = page()[0].info.run_id  # pyright: ignore
    return {
        "candorcast models": lambda: candorcast(home.root, "models"),
        "candorcast ledger": lambda: candorcast(home.root, "ledger"),
        "versions of the model": lambda: registry.versions(model),
        "a run with its metrics": lambda: client.get_metric_history(trial, "score") and client.get_run(trial),
        "page of runs, the newest": lambda: page(order_by=["attributes.start_time DESC"]),
        "page of runs, the best": lambda: page(order_by=["metrics.test_score DESC"]),
        "page of those above a score": lambda: page(filter_string="metrics.test_score > 0.19"),
        "a search that goes on": lambda: registry.open_logbook(model, search=SEARCH),
    }


def take(home: Home, model: str, trials: int) -> None:
    print(f"\nwith {trials} trials, seconds")
    for name, ask in questions(home, model).items():
        begun = time.perf_counter()
        ask()
        print(f"  {name:<30}{time.perf_counter() - begun:>8.2f}", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trials", type=int, default=50_000)
    asked.add_argument("--epochs", type=int, default=12)
    asked.add_argument("--dates", type=int, default=20)
    options = asked.parse_args()
    model = read_experiment("demo").model_name
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder))
        candorcast(home.root, "refresh")
        candorcast(home.root, "predict")
        logbook = Registry(home).open_logbook(model, search=SEARCH)
        logbook.follow([trial_of(number, options.epochs, ended=True) for number in range(FEW)])
        write_ledger(home, model, FEW, options.dates)
        take(home, model, FEW)
        begun, [run, *_] = (
            time.perf_counter(),
            Registry(home)._client.search_runs(
                [Registry(home)._experiment(model)], "tags.kind = 'trial'", max_results=1
            ),
        )
        copy_runs(home.root / "mlflow.db", run.info.run_id, options.trials)
        write_ledger(home, model, options.trials, options.dates)
        print(f"made in {time.perf_counter() - begun:.0f} s; mlflow.db has {size_of(home.root) / 1e6:.0f} MB")
        take(home, model, options.trials)


if __name__ == "__main__":
    main()
