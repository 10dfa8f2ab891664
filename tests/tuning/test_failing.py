"""Trials that fail, each in its way: the search goes on, and the ledger says why each of them has no score. One whose
process is lost once goes on elsewhere."""

import contextlib
import io
import os
import signal
from functools import partial
from pathlib import Path

import pytest

from ml_core.data.prices import read_prices
from ml_core.registry.trials import Trial
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.opening import open_windows
from tests.market import NOW, small_experiment
from tests.tuning.searches import runs_of
from tuning import runner, worker
from tuning.ledger import Ledger
from tuning.search import search, split_for_search
from tuning.trial import run_trial

pytestmark = pytest.mark.timeout(
    900
)  # a worker that is lost starts again, and on busy cores each start is long

TOO_LARGE = 10_000_000  # no address space holds its weights
EPOCHS, LOST = 4, 3  # of each trial; at which one a trial loses its process


def ask() -> Experiment:
    return small_experiment(
        search={
            "families": ["lstm", "ewma", "ridge"], "sampler": "grid", "scheduler": "none", "trials": 6,
            "epochs": EPOCHS,
            "ranges": {
                "training.learning_rate": [0.003, 1e30], "training.loss": ["mse"],
                "lstm.hidden": [8, TOO_LARGE], "lstm.layers": [1], "ewma.span": [63],
            },
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """How many epochs the process that takes up the lost trial finds kept of it."""
    return tmp_path_factory.mktemp("lost") / "kept"


@pytest.fixture(scope="module")
def searched(home, request, kept) -> tuple[dict[str, Trial], dict[str, tuple[str, str]], str]:
    """The trials of a search by how they fail, what MLflow says of each, and what was written meanwhile."""
    request.getfixturevalue("ray_cluster")
    whole, lost = worker.try_params, LOST

    def trainable(config, *, rungs, **shared):  # known by value: workers need nothing of the tests
        from ray import tune

        from tuning.rungs import read_rung, rung_file

        def lose(result):
            if result.get("epoch") == lost:
                kept.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            report(result)

        if config["family"] == "ewma":
            os.kill(os.getpid(), signal.SIGKILL)  # as the system does to whoever takes too much memory
        report = tune.report
        if config.get("lstm.hidden") == 8 and config["training.learning_rate"] < 1:
            if kept.exists():
                kept.write_text(str(len(read_rung(rung_file(Path(rungs), config)).told)))
            else:
                tune.report = lose
        whole(config, rungs=rungs, **shared)

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as written:
        patch.setattr(worker, "try_params", trainable)
        patch.setattr(
            runner, "LOSSES", 1
        )  # it is tried again, and not three times, each with another process
        trials = search(ask(), home, now=NOW).ledger.trials
    runs = [run for run in runs_of(home, ask()) if "trial" in run.data.tags]
    told = {run.data.tags["trial"]: (run.info.status, run.data.tags["error"]) for run in runs}
    return {_kind(trial): trial for trial in trials}, told, written.getvalue()


def _kind(trial: Trial) -> str:
    rate = trial.params.get("training.learning_rate")
    if trial.params.get("lstm.hidden") == TOO_LARGE:
        return f"memory {rate:g}"
    return "nan" if rate == 1e30 else trial.params["family"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("nan", "TrainingDiverged: "),
        ("memory 0.003", "allocate"),
        ("memory 1e+30", "allocate"),
        ("ewma", "its process was killed or crashed 2 times"),
    ],
)
def test_a_trial_that_fails_is_kept_with_its_reason(searched, kind, reason):
    trials, told, _ = searched
    assert trials[kind].status == "failed"
    assert reason in trials[kind].error
    assert told[trials[kind].id] == ("FAILED", trials[kind].error[:500])


def test_a_trial_whose_process_is_lost_goes_on_and_comes_to_what_it_would_have_come_to(searched, kept, home):
    trials, _, _ = searched
    assert kept.read_text() == str(LOST - 1)
    experiment, alone = ask(), Ledger()
    prices = read_prices(experiment, home)
    windows, _ = open_windows(experiment.spec, prices)
    folds, _ = split_for_search(experiment, windows)
    params = trials["lstm"].params
    report = partial(alone.report, "alone", params)
    run_trial(params, report, experiment=experiment, windows=windows, prices=prices, splits=folds)
    (undisturbed,) = alone.trials
    assert len(undisturbed.history) == EPOCHS
    assert trials["lstm"].history == undisturbed.history
    assert trials["lstm"].result == undisturbed.result


def test_beside_those_that_fail_the_others_finish(searched):
    trials, told, _ = searched
    assert {kind for kind, trial in trials.items() if trial.status == "finished"} == {"lstm", "ridge"}
    assert all(told[trials[kind].id][0] == "FINISHED" for kind in ("lstm", "ridge"))


def test_of_a_lost_process_ray_writes_nothing_where_a_document_stands(searched):
    _, _, written = searched
    assert written == ""
