"""What a search keeps on its way is gone when nobody can go on with it, and no ledger ever is."""

import pytest

from ml_core.registry.ledgers import LEDGER
from ml_core.walkforward.opening import open_windows
from tests.market import simulate_prices, small_experiment
from tuning.ledger import Ledger
from tuning.leftovers import RUNGS, TUNE, clear_older
from tuning.runner import run_search
from tuning.search import split_for_search
from tuning.winner import WINNER

NOW = "small.simulated-0123456789ab-12"
LEFT = (TUNE, RUNGS, WINNER)


def leave(folder, *, ledger: bool = True) -> None:
    """As a search that was killed."""
    for name in LEFT:
        (folder / name).mkdir(parents=True)
        (folder / name / "some.safetensors").write_bytes(b"weights")
    if ledger:
        (folder / LEDGER).write_text("{}\n")


def test_what_was_under_way_on_older_bars_is_removed_and_its_ledger_is_not(tmp_path):
    leave(tmp_path / "small.simulated-0123456789ab-2")
    leave(tmp_path / "small.simulated-ba9876543210-11", ledger=False)
    clear_older(tmp_path, NOW)
    left = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert [f"{path}" for path in left] == [f"small.simulated-0123456789ab-2/{LEDGER}"]
    assert not (tmp_path / "small.simulated-ba9876543210-11").exists()


@pytest.mark.parametrize(
    "name",
    [
        NOW,
        "small.simulated-ba9876543210-12",  # the same bars, asked otherwise: it may be gone on with
        "small.files-0123456789ab-2",
        "small.simulated-and-other.simulated-0123456789ab-2",
    ],
)
def test_what_can_be_gone_on_with_and_other_models_stay(tmp_path, name):
    leave(tmp_path / name)
    clear_older(tmp_path, NOW)
    assert all((tmp_path / name / one / "some.safetensors").is_file() for one in LEFT)


def test_a_search_that_has_all_of_its_trials_leaves_nothing_of_those_that_were_broken_off(tmp_path):
    experiment, prices = small_experiment(search={"families": ["ridge"], "trials": 1}), simulate_prices()
    windows, _ = open_windows(experiment.spec, prices)
    folds, _ = split_for_search(experiment, windows)
    leave(tmp_path)
    ledger = Ledger(tmp_path / LEDGER)
    ledger.open("one", {"family": "ridge"})
    ledger.close("one")
    assert run_search(experiment, prices, windows, folds, ledger=ledger, folder=tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} == {LEDGER, WINNER}, "the winner is not registered yet"
