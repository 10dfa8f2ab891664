"""How much longer than the ideal does a search of trials take that each last a second, and what does the process that
drives it spend on each?

    python benchmarks/one_second.py [--trials 200] [--dates 250]

The whole machinery of a search runs on as many workers as this machine has processors: Ray, Tune, a sampler by lot,
the ledger and its file. Only the trial itself sleeps for a second, in which it reports three epochs, and at the end a
score and a return on every date. The ideal is trials / workers seconds. The clock runs from the start of the first
trial to the end of the last; the seconds until then, in which the cluster comes up, stand beside it. Memory is how far
the highest of this process rose after the first quarter of the trials.
"""

import argparse
import datetime as dt
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from opened_search import open_search

from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment
from tuning import runner, worker
from tuning.ledger import Ledger

EPOCHS = 3


class Clock:
    """Hears four times a second how far the search is."""

    def __init__(self) -> None:
        self.begun: float | None = None
        self.ended = 0.0
        self.rss: list[tuple[int, float]] = []

    def __call__(self, ledger: Ledger, total: int) -> None:
        running, now = ledger.count("running"), time.monotonic()
        if self.begun is None and running:
            self.begun = now
        done = ledger.count() - running
        if done < total:
            self.ended = now
        self.rss.append((done, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def sleep_a_second(dates: list[str]) -> Any:
    """A trial that is known by value: workers need nothing of this file."""

    def trainable(config: dict[str, Any], **_: Any) -> None:
        import time

        from ray import tune

        from ml_core.registry.trials import keep_small

        until = time.monotonic() + 1.0
        result = {"score": config["training.learning_rate"], "loss": 1.0, "skill": 0.0}
        for epoch in range(1, EPOCHS + 1):
            time.sleep(max(0.0, until - time.monotonic()) / (EPOCHS + 1 - epoch))
            tune.report({**result, "best": result["score"], "epoch": epoch, "rung": epoch})
        by_date = dict.fromkeys(dates, 0.1)
        told = {"finished": True, "test_score": 0.1, "scores": by_date, "returns": by_date}
        last = {**result, "best": result["score"], "epoch": EPOCHS, "rung": EPOCHS, **told}
        tune.report(keep_small(last))

    return trainable


def experiment_of(trials: int) -> Experiment:
    return Experiment.model_validate(
        {
            "name": "seconds",
            "universe": {"tickers": [f"T{number:02d}" for number in range(10)]},
            "data": {"source": "simulated", "simulated": {"seed": 1, "sessions": 700}},
            "task": {"lookback": 16, "horizons": [1]},
            "features": {"groups": ["momentum"]},
            "search": {"trials": trials, "sampler": "random", "scheduler": "none", "families": ["lstm"]},
            "validation": {"train": 200, "test": 50, "folds": 2, "holdout": 100},
        }
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trials", type=int, default=200)
    asked.add_argument("--dates", type=int, default=250, help="scored dates of each trial")
    options = asked.parse_args()
    dates = [str(dt.date(2020, 1, 1) + dt.timedelta(days=day)) for day in range(options.dates)]
    worker.try_params = sleep_a_second(dates)
    experiment, clock = experiment_of(options.trials), Clock()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        prices, windows, folds, _ = open_search(experiment, home)
        ledger = Ledger(home.searches / "seconds" / "ledger.jsonl")
        opened, spent = time.monotonic(), time.process_time()
        runner.run_search(experiment, prices, windows, folds, ledger=ledger, folder=home.root, progress=clock)
        spent = time.process_time() - spent
    workers = os.cpu_count() or 1
    ideal, began = options.trials / workers, clock.begun or opened
    quarter = next(rss for done, rss in clock.rss if done >= options.trials // 4)
    beyond, rose = (clock.ended - began) / ideal - 1, clock.rss[-1][1] - quarter
    print(
        f"{ledger.count('finished')} trials on {workers} workers: {clock.ended - began:.1f} s, {beyond:.1%} beyond the "
        f"ideal {ideal:.0f} s; {began - opened:.1f} s until the first began; the driver {spent / options.trials:.3f} "
        f"CPU s each, {rose:.0f} MB more after a quarter"
    )


if __name__ == "__main__":
    main()
