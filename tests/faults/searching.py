"""A process of its own that runs the trials of a small search and writes them down, without the refit and the gate."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from ml_core.data.prices import data_version, read_prices
from ml_core.errors import ForecastError
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.opening import open_windows
from tests.faults.refreshing import say
from tests.market import small_experiment
from tuning.naming import name_search
from tuning.search import split_for_search
from tuning.step import Step
from tuning.trials import run_trials

TRIALS = 24 if "CANDORCAST_KILLS" in os.environ else 10  # enough that it does not end before all were killed


def ask(number: int, **search: Any) -> Experiment:
    """A search that no other number shares its ledger with."""
    asked = {"families": ["lstm"], "trials": TRIALS, "epochs": 3, "scheduler": "none", "seed": number}
    asked["cpus_per_trial"] = 1  # two at once: one goes on where the other is killed
    return small_experiment(
        search=asked | search,
        validation={"train": 100, "test": 24, "holdout": 40, "folds": 2, "seeds": 2},
    )


def ledger_of(home: Home) -> Path:
    """Of the one search that was made in this home."""
    return next(home.searches.glob("*/ledger.jsonl"), home.searches / "none")


def main(root: str, number: str, search: str = "{}") -> int:
    experiment, home = ask(int(number), **json.loads(search)), Home(Path(root))
    version = data_version(experiment, home)
    prices = read_prices(experiment, home, version=version)
    windows, _ = open_windows(experiment.spec, prices)
    folds, _ = split_for_search(experiment, windows)
    said: list[str] = []

    def tell(step: Step) -> None:
        if step.name == "search" and "search" not in said:
            said.append("search")
            say("running")

    try:
        ledger, _, _ = run_trials(
            experiment, home, name_search(experiment, version), prices, windows, folds,
            afresh=False, address=os.environ.get("CANDORCAST_RAY_ADDRESS"), progress=tell,
        )  # fmt: skip
    except ForecastError as error:
        say(f"{type(error).__name__}: {error}")
        return 2
    say(f"ended {ledger.count('finished')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
