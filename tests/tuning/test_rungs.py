"""A trial whose process is lost goes on from its last rung, and comes to the same in every bit."""

import itertools
import json
import os
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ml_core.spec.experiment import Experiment
from ml_core.walkforward.opening import open_windows
from tests.market import simulate_prices, small_experiment
from tuning.ledger import Ledger
from tuning.points import first_params
from tuning.rungs import Stopwatch, forget_rung, list_unfinished, read_rung, rung_file
from tuning.search import split_for_search
from tuning.space import build_space
from tuning.trial import run_trial

EPOCHS, RUNG = 9, 2
PRICES = simulate_prices()


class Lost(Exception):
    """The process of the trial is gone."""


def ask(scheduler: str, family: str = "lstm", precision: str = "float32") -> Experiment:
    """Two folds and two seeds, with dropout, of which some learn less long than others."""
    return small_experiment(
        model={"family": family, "hidden": 8, "dropout": 0.2},
        training={"epochs": EPOCHS, "batch": 32, "patience": 2, "precision": precision},
        search={"scheduler": scheduler, "epochs": EPOCHS, "families": [family]},
        validation={"train": 100, "test": 24, "holdout": 40, "folds": 2, "seeds": 2},
    )


def first_of(experiment: Experiment) -> dict:
    return first_params(experiment, build_space(experiment))[0]


def try_trial(
    experiment: Experiment, rungs: Path | None, *, lost: int | None = None, clock: Stopwatch | None = None
) -> list[dict]:
    """What a trial of the defaults reports, until it is lost after so many reports."""
    windows, _ = open_windows(experiment.spec, PRICES)
    folds, _ = split_for_search(experiment, windows)
    reports: list[dict] = []

    def report(result: dict) -> None:
        if len(reports) == lost:
            raise Lost
        reports.append(dict(result))

    try:
        run_trial(
            first_of(experiment), report,
            experiment=experiment, windows=windows, prices=PRICES, splits=folds, rungs=rungs,
            clock=clock,
        )  # fmt: skip
    except Lost:
        assert lost is not None
    return reports


@pytest.mark.parametrize("scheduler", ["asha", "race"])
def test_a_lost_trial_goes_on_from_its_last_rung_and_comes_to_the_same_in_every_bit(tmp_path, scheduler):
    experiment = ask(scheduler)
    whole = try_trial(experiment, None)
    after_a_fold = next(place for place, one in enumerate(whole) if "scores" in one)
    for lost in {1, RUNG + 1, after_a_fold, min(after_a_fold + 1 + RUNG, len(whole) - 1)}:
        folder = tmp_path / str(lost)
        folder.mkdir()
        assert try_trial(experiment, folder, lost=lost) == whole[:lost]
        again = read_rung(rung_file(folder, first_of(experiment))).told
        assert again == whole[: len(again)]
        epochs = sum("scores" not in one for one in whole[len(again) : lost])
        assert epochs < 2 * RUNG, "more than a rung is repeated"
        assert try_trial(experiment, folder) == whole


def test_of_a_fold_that_has_ended_only_what_answers_is_kept(tmp_path):
    experiment = ask("race")
    whole = try_trial(experiment, None)
    second = next(place for place, one in enumerate(whole) if one["fold"] == 2)
    try_trial(experiment, tmp_path, lost=second + RUNG)
    names = [name.split(".") for name in load_file(rung_file(tmp_path, first_of(experiment)))]
    assert {part for stage, _, part, *_ in names if stage == "0"} == {"kept"}
    assert {part for stage, _, part, *_ in names if stage == "1"} > {"kept", "network", "optimizer"}
    assert try_trial(experiment, tmp_path) == whole


def made_by_another_candorcast(file: Path) -> None:
    """Of an earlier version, whose networks had other layers."""
    tensors = load_file(file)
    with safe_open(file, framework="pt") as kept:
        head = json.loads(kept.metadata()["rung"])
    head["made"]["candorcast"] = "0.0.1"
    tensors = {name: one for name, one in tensors.items() if ".network." not in name}
    save_file(tensors, file, metadata={"rung": json.dumps(head)})


def test_what_another_candorcast_kept_is_passed_over_and_removed(tmp_path):
    experiment = ask("asha")
    try_trial(experiment, tmp_path, lost=RUNG + 1)
    made_by_another_candorcast(rung_file(tmp_path, first_of(experiment)))
    try_trial(experiment, tmp_path, lost=0)
    assert [*tmp_path.iterdir()] == []
    try_trial(experiment, tmp_path, lost=RUNG + 1)
    made_by_another_candorcast(rung_file(tmp_path, first_of(experiment)))
    assert try_trial(experiment, tmp_path) == try_trial(experiment, None)


def test_what_was_kept_in_another_precision_is_not_mixed_in(tmp_path):
    exact, half = ask("asha"), ask("asha", precision="bfloat16")
    assert first_of(exact) == first_of(half)
    try_trial(exact, tmp_path, lost=RUNG + 1)
    assert try_trial(half, tmp_path) == try_trial(half, None) != try_trial(exact, None)


def test_the_seconds_of_a_trial_that_goes_on_are_those_of_all_its_runs(tmp_path):
    experiment, ledger = ask("asha"), Ledger()
    first = try_trial(experiment, tmp_path, lost=RUNG + 1, clock=map(float, itertools.count()).__next__)
    kept = read_rung(rung_file(tmp_path, first_of(experiment))).seconds
    assert first[RUNG - 1]["seconds"] <= kept <= first[RUNG]["seconds"]
    again = try_trial(experiment, tmp_path, clock=map(float, itertools.count(1000)).__next__)
    told = [one.pop("seconds") for one in again]
    assert told == sorted(told)
    assert told[0] == kept + 1
    assert again == try_trial(experiment, None)
    for number, (one, seconds) in enumerate(zip(again, told, strict=True)):
        ledger.report("it", {}, {**one, "seconds": seconds, "time_total_s": float(number)})
    (trial,) = ledger.trials
    assert trial.seconds == told[-1] > kept + len(again) - 1


def test_what_is_under_way_is_known_by_its_params_until_it_has_ended(tmp_path):
    experiment = ask("asha")
    try_trial(experiment, tmp_path, lost=RUNG + 1)
    assert list_unfinished(tmp_path) == [first_of(experiment)]
    rung_file(tmp_path, first_of(experiment)).with_suffix(
        ".4711"
    ).touch()  # of a process killed while it wrote
    forget_rung(tmp_path, first_of(experiment))
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_was_damaged_is_none(tmp_path):
    experiment = ask("asha")
    try_trial(experiment, tmp_path, lost=RUNG + 1)
    file = rung_file(tmp_path, first_of(experiment))
    file.write_bytes(file.read_bytes()[:100])
    assert list_unfinished(tmp_path) == []
    assert try_trial(experiment, tmp_path) == try_trial(experiment, None)


@pytest.mark.parametrize("suffix", [f".{os.getpid()}", ".safetensors"], ids=["written", "put in its place"])
def test_where_a_rung_cannot_be_kept_the_trial_comes_to_the_same(tmp_path, suffix):
    experiment = ask("asha")
    taken = rung_file(tmp_path, first_of(experiment)).with_suffix(suffix)
    taken.mkdir()  # in place of a folder nobody writes a file, not even root
    assert try_trial(experiment, tmp_path) == try_trial(experiment, None)
    assert [*tmp_path.iterdir()] == [taken], "what was half written is left"


def test_of_a_baseline_and_without_a_folder_nothing_is_kept(tmp_path):
    try_trial(small_experiment(search={"families": ["ridge"]}), tmp_path)
    try_trial(ask("asha"), tmp_path / "none")
    assert not [*tmp_path.iterdir()]
