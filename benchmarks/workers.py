"""How much memory do the workers of a search on one node take: does each of them share the panel, or hold a copy?

    python benchmarks/workers.py [--workers 4] [--tickers 500] [--sessions 2500]

A search of two LSTM a worker runs on a cluster of this machine. Four times a second the kernel is asked what every
worker holds (Linux only): in pages of its own, and in those of the object store, which all of them share. Printed is
the moment at which their own were most.
"""

import argparse
import os
import tempfile
import threading
from pathlib import Path

import ray
from opened_search import open_search

from ml_core.home.settings import Home
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Experiment
from tuning.cluster import QUIET, WORKER_ENVIRONMENT
from tuning.ledger import Ledger
from tuning.runner import run_search

KEPT = ("PPid:", "RssAnon:", "RssShmem:")


def experiment_of(workers: int, tickers: int, sessions: int) -> Experiment:
    return Experiment.model_validate(
        {
            "name": "workers",
            "universe": {"tickers": [f"T{number:03d}" for number in range(tickers)]},
            "data": {"source": "simulated", "simulated": {"seed": 1, "sessions": sessions}},
            "task": {"lookback": 32, "horizons": [1]},
            "features": {"groups": ["momentum", "trend", "volatility", "volume", "cross_section"]},
            "training": {"windows": 256, "epochs": 2},
            "search": {
                "trials": 2 * workers, "sampler": "random", "scheduler": "none", "families": ["lstm"],
            },
            "validation": {"train": 1000, "test": 126, "folds": 2, "holdout": 252},
        }
    )  # fmt: skip


def read_workers() -> dict[str, dict[str, int]]:
    """By process, the kernel's sums over its memory in kB. They are children of a child of this process."""
    found, workers = {}, set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            rows = (line.split() for line in (process / "status").read_text().splitlines())
            found[process.name] = {row[0].rstrip(":"): int(row[1]) for row in rows if row[0] in KEPT}
            if b"ImplicitFunc" in (process / "cmdline").read_bytes():
                workers.add(process.name)
        except OSError:  # it has ended
            continue
    nodes = {int(name) for name, told in found.items() if told["PPid"] == os.getpid()}
    return {name: found[name] for name in workers if found[name]["PPid"] in nodes}


def watch(over: threading.Event) -> dict[str, dict[str, int]]:
    """The workers at the moment at which they held most."""
    most: dict[str, dict[str, int]] = {}
    while not over.wait(0.25):
        now = read_workers()
        if own(now) > own(most):
            most = now
    return most


def own(workers: dict[str, dict[str, int]]) -> float:
    """What they hold for themselves, in MB."""
    return sum(one.get("RssAnon", 0) for one in workers.values()) / 1024


def size_of(windows: Windows) -> float:
    """In MB, all arrays of the panel."""
    return sum(getattr(one, "nbytes", 0) for one in vars(windows).values()) / 2**20


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--workers", type=int, default=4)
    asked.add_argument("--tickers", type=int, default=500)
    asked.add_argument("--sessions", type=int, default=2500)
    options = asked.parse_args()
    experiment = experiment_of(options.workers, options.tickers, options.sessions)
    over, found = threading.Event(), []
    watcher = threading.Thread(target=lambda: found.append(watch(over)))
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        prices, windows, folds, _ = open_search(experiment, home)
        environment = {"env_vars": {**WORKER_ENVIRONMENT, **QUIET}}
        ray.init(
            num_cpus=options.workers, include_dashboard=False, log_to_driver=False, runtime_env=environment
        )
        watcher.start()
        ledger = Ledger()
        run_search(experiment, prices, windows, folds, ledger=ledger, folder=home.root)
        over.set()
        watcher.join()
        ray.shutdown()
    (most,) = found
    looked_at = max(one.get("RssShmem", 0) for one in most.values()) / 1024
    print(
        f"{ledger.count('finished')} trials; panel {size_of(windows):.0f} MB "
        f"({size_of(windows) * 2**20 / windows.present_NT.size:.0f} bytes a ticker and session), prices "
        f"{prices.estimated_size('mb'):.0f} MB; {len(most)} workers hold {own(most):.0f} MB of their own, "
        f"{own(most) / max(1, len(most)):.0f} each, and look at {looked_at:.0f} "
        f"MB of the object store"
    )


if __name__ == "__main__":
    main()
