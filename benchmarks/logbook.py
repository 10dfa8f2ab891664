"""What does it cost the process that drives a search to write a trial into MLflow?

    python benchmarks/logbook.py [--trials 50] [--epochs 36]

Trials of so many epochs go into a new MLflow database (SQLite): once with a look at every epoch, as a long trial is
written, and once with a single look at the end, as many short ones are. CPU seconds of this process, and bytes on disk.
"""

import argparse
import contextlib
import sqlite3
import tempfile
import time
from pathlib import Path

from ml_core.home.settings import open_home
from ml_core.registry.logbook import Logbook
from ml_core.registry.trials import Trial
from ml_core.registry.versions import Registry

PARAMS = {"family": "lstm", **{f"training.key_{number}": 0.1 * number for number in range(10)}}


def trial_of(number: int, epochs: int, *, ended: bool) -> Trial:
    rows = tuple(
        {"score": 0.1 * row, "best": 0.1 * row, "loss": 1.0 / (row + 1), "skill": 0.01 * row}
        for row in range(epochs)
    )
    result = {"test_score": 0.1} if ended else {}
    return Trial(f"{number:05d}", PARAMS, "finished" if ended else "running", rows, result)


def write(logbook: Logbook, first: int, count: int, looks: list[int]) -> float:
    """The CPU seconds of a trial that is looked at after each of these epochs, and at its end."""
    begun = time.process_time()
    for number in range(first, first + count):
        for epoch in looks:
            logbook.follow([trial_of(number, epoch, ended=False)])
        logbook.follow([trial_of(number, looks[-1], ended=True)])
    return (time.process_time() - begun) / count


def size_of(folder: Path) -> int:
    """Of the database, with all that waits beside it taken over."""
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "mlflow.db").stat().st_size


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trials", type=int, default=50)
    asked.add_argument("--epochs", type=int, default=36)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder))
        logbook = Registry(home).open_logbook("written", search="written")
        write(logbook, 0, 3, [options.epochs])  # what is loaded on first use
        before = size_of(home.root)
        once = write(logbook, 1000, options.trials, [options.epochs])
        size = (size_of(home.root) - before) / options.trials
        often = write(logbook, 2000, options.trials, list(range(1, options.epochs + 1)))
    print(
        f"{options.trials} trials of {options.epochs} epochs: {often:.3f} CPU s each with a look at every epoch, "
        f"{once:.3f} with one at the end; {size / 1024:.1f} KB each"
    )


if __name__ == "__main__":
    main()
