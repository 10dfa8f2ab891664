"""A disk that fills up while a search runs: the search ends with the reason in one line, and what was told is
kept for the one that goes on."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ml_core.errors import StoreFailed
from ml_core.registry.ledgers import read_trials
from ml_core.walkforward.opening import open_windows
from tests.market import simulate_prices, small_experiment
from tuning.ledger import Ledger
from tuning.leftovers import RUNGS
from tuning.rungs import list_unfinished
from tuning.runner import run_search
from tuning.search import split_for_search

TRIALS = 12  # so many that they have not all ended before the first look
EXPERIMENT = small_experiment(
    search={
        "families": ["lstm"], "trials": TRIALS, "epochs": 2, "scheduler": "none", "stall_minutes": 3,
        "ranges": {"lstm.hidden": [8], "lstm.layers": [1]},
    }
)  # fmt: skip


@contextmanager
def disk() -> Iterator[Callable[[int], None]]:
    """One that can be filled: no file of this process may grow beyond so many bytes, until the end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda most: resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def run(file: Path, progress: Callable[[Ledger, int], None] | None = None) -> None:
    """The trials of a search."""
    prices = simulate_prices()
    windows, _ = open_windows(EXPERIMENT.spec, prices)
    folds, _ = split_for_search(EXPERIMENT, windows)
    run_search(
        EXPERIMENT, prices, windows, folds,
        ledger=Ledger(file), folder=file.parent, progress=progress,
    )  # fmt: skip


@pytest.mark.usefixtures("ray_cluster")
def test_a_disk_that_fills_up_ends_a_search_with_the_reason_and_costs_no_trial_that_ended(tmp_path):
    file = tmp_path / "ledger.jsonl"

    def fill_up(ledger: Ledger, _: int) -> None:
        if ledger.count("finished"):
            fill(file.stat().st_size)

    with disk() as fill, pytest.raises(StoreFailed, match=f"{file}: cannot be written: "):
        run(file, fill_up)
    stood = read_trials(file)
    assert 0 < len(stood) < TRIALS
    under_way = list_unfinished(file.with_name(RUNGS))
    assert under_way, "what could not be written down is gone on with"
    again = Ledger(file)
    again.recall()
    assert again.trials == stood


@pytest.mark.usefixtures("ray_cluster")
def test_a_disk_that_is_full_when_a_search_begins_is_told_in_one_line(tmp_path):
    with disk() as fill, pytest.raises(StoreFailed, match=f"{tmp_path}: cannot be written: .*File too large"):
        fill(0)
        run(tmp_path / "ledger.jsonl")
