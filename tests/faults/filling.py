"""A process of its own that tries to write into a home whose disk is full: no file may grow beyond so many bytes."""

import datetime as dt
import resource
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from ml_core.data.order import Order, place_order
from ml_core.errors import ForecastError
from ml_core.home.settings import Home
from ml_core.live.look import look
from ml_core.monitoring.watch import watch
from ml_core.prediction.answer import answer
from ml_core.registry.versions import Registry
from tests.faults.refreshing import say
from tests.market import NOW
from tests.monitoring.broken import EXPERIMENT
from tuning.ledger import Ledger

LEDGER = "trials.jsonl"
PAST = dt.date(2019, 3, 1)  # nobody has said anything of it yet


def register_again(order: Order) -> None:
    registry = Registry(order.home)
    champion = registry.find(order.name)
    registry.register(registry.load(champion), order.name, champion.evidence)


def end_trial(order: Order) -> None:
    ledger = Ledger(order.home.root / LEDGER)
    name = f"trial-{len(trials_of(order.home))}"
    ledger.open(name, {"family": "lstm", "note": "x" * 5000})
    ledger.close(name, error="it failed")


def trials_of(home: Home) -> list[str]:
    file = home.root / LEDGER
    return file.read_text().splitlines() if file.is_file() else []


WRITES: dict[str, Callable[[Order], object]] = {
    "forecasts": lambda order: answer(order, clock=lambda: NOW, as_of=PAST),
    "live ledger": look,
    "monitoring": lambda order: watch(order, now=NOW),
    "MLflow": register_again,
    "trials": end_trial,
}


def main(root: str, most_bytes: str) -> None:
    """How each write ended, a line each."""
    order = place_order(EXPERIMENT, Home(Path(root)))
    registry = Registry(order.home)
    registry.load(registry.find(order.name))  # what is imported lazily is there from here on
    read = sqlite3.connect(order.home.root / "mlflow.db")  # somebody reads, as the app does
    read.execute("SELECT count(*) FROM model_versions").fetchall()
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), int(most_bytes)))
    for what, write in WRITES.items():
        try:
            write(order)
        except ForecastError as error:
            say(f"{what}: {type(error).__name__}: {error}")
        else:
            say(f"{what}: written")


if __name__ == "__main__":
    main(*sys.argv[1:])
