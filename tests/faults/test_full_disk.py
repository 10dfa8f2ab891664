"""A disk that is full when forecasts, the live ledger, monitoring, the ledger of trials or MLflow are written: an error
that names it, whatever stood before can be read, and with room again it comes to what it would have."""

import subprocess
import sys
from pathlib import Path

from ml_core.data.order import Order
from ml_core.data.store.forecasts import read_forecast
from ml_core.home.settings import Home
from ml_core.live.ledger import open_ledger
from ml_core.monitoring.record import open_record
from ml_core.registry.versions import Registry
from tests.faults.filling import WRITES, trials_of
from tests.monitoring.broken import copy, make_sound

FULL = 2048  # bytes that any file may have


def fill(home: Home) -> dict[str, str]:
    """How each write ended while the disk was full."""
    command = [sys.executable, "-m", "tests.faults.filling", str(home.root), str(FULL)]
    place = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=place, timeout=200)
    assert done.returncode == 0, done.stderr
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


def read(order: Order) -> dict[str, object]:
    """All that was written, without the moments of writing."""
    ledger, record = open_ledger(order), open_record(order)
    return {
        "forecasts": read_forecast(order.home, order.name).drop("written").to_dicts(),
        "live ledger": (ledger.terms(), ledger.scores().to_dicts()),
        "monitoring": (record.looks().to_dicts(), record.breaches()),
        "MLflow": [one.version for one in Registry(order.home).versions(order.name) if one.readable],
        "trials": trials_of(order.home),
    }


def test_a_full_disk_is_named_costs_nothing_that_stands_and_is_made_up_for(new_home, tmp_path):
    order = make_sound(new_home())
    free, before = copy(order, tmp_path / "free"), read(order)
    said = fill(order.home)
    assert set(said) == set(WRITES)
    assert all(one.startswith("StoreFailed: ") for one in said.values()), said
    assert read(order) == before
    for write in WRITES.values():
        write(order)
        write(free)
    after = read(order)
    assert after == read(free)
    assert all(after[what] != before[what] for what in WRITES)
