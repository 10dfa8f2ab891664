"""Real searches on a small cluster: every family, a race, a trial that fails, what is kept of each and read back."""

import json

import pytest

from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput
from ml_core.registry.versions import Registry
from ml_core.walkforward.opening import open_windows
from tests.market import NOW, small_experiment
from tests.tuning.searches import name_of, runs_of
from tuning.leftovers import RUNGS, TUNE
from tuning.naming import digest_of
from tuning.past import as_table, read_past
from tuning.search import search, split_for_search, with_trials
from tuning.space import spec_of
from tuning.step import Step
from tuning.trials import open_ledger
from tuning.winner import WINNER

FAMILIES = ["lstm", "attention_lstm", "transformer"]
ENDS = {"finished": "FINISHED", "stopped": "KILLED"}


@pytest.fixture(scope="module")
def searched(home, request):
    """A search over three families with early stopping; what it told on its way, and what it came to."""
    request.getfixturevalue("ray_cluster")
    experiment = small_experiment(search={"families": FAMILIES, "trials": 6, "epochs": 3})
    steps: list[Step] = []
    outcome = search(experiment, home, now=NOW, progress=steps.append)
    return experiment, outcome, steps


def test_a_search_tries_every_family_and_ends_every_trial(searched):
    experiment, outcome, _ = searched
    told = outcome.evidence.search
    assert told.trials == experiment.search.trials == told.finished + told.stopped
    assert told.failed == 0
    assert set(told.families) == set(FAMILIES)
    assert told.finished >= 1
    assert all(1 <= len(trial.history) <= 3 for trial in outcome.ledger.trials)


def test_the_winner_is_expected_to_do_best_again_and_is_refitted_as_it_was_tried(searched):
    experiment, outcome, _ = searched
    finished = [row for row in outcome.ranking.rows() if row.status == "finished"]
    assert all(row.again is not None and row.error for row in finished)
    assert finished == sorted(finished, key=lambda row: row.again, reverse=True)
    best = outcome.ranking.winner
    assert best.id == finished[0].trial
    assert outcome.spec == spec_of(experiment, best.params)
    assert outcome.version.spec == outcome.spec


def test_no_trial_saw_a_date_of_the_holdout(searched, home):
    experiment, outcome, _ = searched
    windows, _ = open_windows(experiment.spec, read_prices(experiment, home))
    folds, final = split_for_search(experiment, windows)
    seen = {date for trial in outcome.ledger.trials for date in trial.result.get("returns", {})}
    assert seen
    assert max(seen) < str(final.test.start)
    assert all(fold.test.end < final.test.start for fold in folds)
    assert outcome.evidence.holdout.start == final.test.start
    assert outcome.evidence.trained.end < outcome.evidence.holdout.start


def test_progress_names_what_is_done_and_every_step(searched):
    _, _, steps = searched
    assert [step.name for step in steps][:2] == ["begin", "search"]
    assert {step.name for step in steps} - {"begin", "fresh"} == {"search", "refit", "judge"}
    assert "of 6 trials done" in steps[1].text()
    assert any("epoch 1" in step.text() for step in steps if step.name == "refit")


def test_the_summary_is_one_document_with_the_winners_spec(searched):
    _, outcome, _ = searched
    summary = json.loads(json.dumps(outcome.summary()))
    assert summary["spec"].startswith("[task]")
    assert summary["promoted"] == outcome.passed == outcome.evidence.gate.passed
    assert len(summary["ledger"]) == 6


def test_a_search_that_has_ended_tries_nothing_again(searched, home):
    experiment, outcome, _ = searched
    steps: list[Step] = []
    again = search(experiment, home, now=NOW, progress=steps.append)
    assert "trials ended before; --afresh begins anew" in steps[0].detail
    assert {trial.id for trial in again.ledger.trials} == {trial.id for trial in outcome.ledger.trials}
    assert again.spec == outcome.spec
    logged = runs_of(home, experiment)
    assert len(logged) == len(outcome.ledger.trials) + 1
    told = {run.data.tags["trial"]: run for run in logged if run.data.tags["kind"] == "trial"}
    assert {trial: run.info.status for trial, run in told.items()} == {
        trial.id: ENDS[trial.status] for trial in outcome.ledger.trials
    }
    (whole,) = (run for run in logged if run.data.tags["kind"] == "search")
    assert whole.info.status == "FINISHED"
    assert {run.data.tags["mlflow.parentRunId"] for run in told.values()} == {whole.info.run_id}
    old, new = (one.version.evidence.scores for one in (outcome, again))
    assert old == new


def test_every_trial_of_every_search_can_be_read_back(searched, home):
    experiment, outcome, _ = searched
    past = read_past(experiment, home)
    (own,) = (one for one in past if one.name == name_of(home, experiment))
    assert own.ranking.rows() == outcome.ranking.rows()
    assert own.plain()["overfitting"] == outcome.evidence.search.overfitting
    table = as_table(past)
    assert set(table["trial"]) >= {trial.id for trial in outcome.ledger.trials}
    curves = [json.loads(curve) for curve in table.filter(search=own.name)["curve"]]
    assert sorted(map(len, curves)) == sorted(len(trial.history) for trial in outcome.ledger.trials)


@pytest.mark.usefixtures("ray_cluster")
def test_in_a_race_folds_come_one_by_one_and_who_is_dropped_saw_the_newest_only(home):
    families = ["ridge", "ewma", "last", "mean"]
    experiment = small_experiment(search={"families": families, "trials": 4, "scheduler": "race"})
    outcome = search(experiment, home, now=NOW)
    windows, _ = open_windows(experiment.spec, read_prices(experiment, home))
    folds, _ = split_for_search(experiment, windows)
    assert len(folds) > 1
    by_status = {status: [one for one in outcome.ledger.trials if one.status == status] for status in ENDS}
    assert len(by_status["finished"]) + len(by_status["stopped"]) == 4
    assert by_status["finished"]
    for trial in by_status["finished"]:
        assert len(trial.history) == len(folds), "a baseline has one epoch a fold"
        assert min(trial.result["scores"]) < str(folds[0].test.end) < max(trial.result["scores"])
    for trial in by_status["stopped"]:
        assert len(trial.history) < len(folds)
        assert min(trial.result["scores"]) >= str(folds[len(folds) - len(trial.history)].test.start)
    again = search(experiment, home, now=NOW)
    assert again.spec == outcome.spec


@pytest.mark.usefixtures("ray_cluster")
def test_a_failing_trial_is_recorded_with_its_reason_and_the_others_finish(home):
    experiment = small_experiment(
        search={
            "families": ["lstm"],
            "sampler": "grid",
            "ranges": {
                "training.learning_rate": [0.003, 1e30, 0.01], "training.loss": ["mse"],
                "lstm.hidden": [8], "lstm.layers": [1],
            },
        }
    )  # fmt: skip
    outcome = search(experiment, home, now=NOW)
    ends = {trial.params["training.learning_rate"]: trial for trial in outcome.ledger.trials}
    assert ends[1e30].status == "failed"
    assert "learning rate 1e+30" in ends[1e30].error
    assert {ends[0.003].status, ends[0.01].status} <= {"finished", "stopped"}
    assert outcome.evidence.search.failed == 1
    assert outcome.spec.training.learning_rate != 1e30


def test_a_search_without_a_holdout_is_refused(home):
    with pytest.raises(InvalidInput, match="a search needs a holdout"):
        search(small_experiment(validation={"holdout": 0}), home, now=NOW)


def test_more_trials_processors_or_patience_go_on_with_the_same_search_and_another_objective_does_not():
    same = {"trials": 99, "cpus_per_trial": 2.0, "gpus_per_trial": 0.5, "stall_minutes": 1.0}
    plain = digest_of(small_experiment())
    assert digest_of(small_experiment(search=same)) == plain
    assert digest_of(with_trials(small_experiment(), 1)) == plain
    assert digest_of(small_experiment(search={"objective": "mse"})) != plain


def test_a_search_goes_on_with_what_has_ended_unless_it_is_begun_afresh(home):
    ledger = open_ledger(home, "some", afresh=True)
    ledger.open("one", {"family": "lstm"})
    ledger.close("one")
    assert [trial.id for trial in open_ledger(home, "some").trials] == ["one"]
    assert open_ledger(home, "some", afresh=True).trials == []
    assert open_ledger(home, "some").trials == []


@pytest.mark.parametrize("ended", [0, 1])
def test_afresh_nothing_of_the_search_before_is_gone_on_with_though_none_of_its_trials_ended(new_home, ended):
    home = new_home()
    left = [home.searches / "some" / folder for folder in (TUNE, RUNGS, WINNER)]
    for folder in left:
        folder.mkdir(parents=True)
    for one in map(str, range(ended)):
        ledger = open_ledger(home, "some")
        ledger.open(one, {"family": "lstm"})
        ledger.close(one)
    assert all(folder.is_dir() for folder in left)
    assert open_ledger(home, "some", afresh=True).trials == []
    assert not any(folder.exists() for folder in left)


def test_each_finished_trial_of_a_search_has_a_stream(searched):
    _, outcome, _ = searched
    streams = outcome.ledger.streams()
    assert streams.columns == [trial.id for trial in outcome.ledger.trials if trial.status == "finished"]


@pytest.mark.usefixtures("ray_cluster")
def test_a_baseline_can_be_tried_win_be_registered_and_forecast(home):
    experiment = small_experiment(
        name="plain",
        search={"families": ["zero", "ridge"], "trials": 6},
        gate={"beat": ["ridge"]},
        validation={"seeds": 2},
    )
    outcome = search(experiment, home, now=NOW)
    tried = [trial.params for trial in outcome.ledger.trials]
    assert tried == [{"family": "ridge"}, {"family": "zero"}], "what was tried is not tried again"
    assert {trial.status for trial in outcome.ledger.trials} == {"finished"}
    assert all(len(trial.history) == 1 for trial in outcome.ledger.trials)
    assert outcome.spec.model.family == "ridge"
    faced = {one.rival for claim in outcome.evidence.claims if claim.claim == "level" for one in claim.rivals}
    assert faced == {"zero"}, "nobody is better than himself"
    forecaster = Registry(home).load(outcome.version)
    assert len(forecaster.members) == 1, "a second seed would say the same"
    rows = forecaster.predict(read_prices(experiment, home))
    assert rows["ticker"].n_unique() == 6


@pytest.mark.usefixtures("ray_cluster")
def test_a_ticker_without_bars_is_left_out_of_the_search_and_named(home):
    universe = {"tickers": (*small_experiment().universe.tickers, "NOPE"), "benchmark": "NADA"}
    experiment = small_experiment(
        name="lacking", universe=universe, search={"families": ["ridge"], "trials": 1}
    )
    outcome = search(experiment, home, now=NOW)
    assert set(outcome.missing) == set(outcome.summary()["missing"]) == {"NOPE", "NADA"}
    assert "NOPE" not in outcome.evidence.tickers
