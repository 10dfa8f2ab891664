"""A search is written down in MLflow while it runs."""

import sqlite3
import time
from contextlib import closing

import pytest
from mlflow.exceptions import MlflowException

from ml_core.home.settings import Home
from ml_core.registry.database import read_runs
from ml_core.registry.logbook import list_runs
from ml_core.registry.runs import flatten
from ml_core.registry.tracking import connect, measure
from ml_core.registry.trials import Trial
from ml_core.registry.versions import Registry


@pytest.fixture(scope="module")
def home(new_home) -> Home:
    return new_home()


def trial_of(name: str, end: str, *scores: float) -> Trial:
    """A trial that ended so after epochs with these scores."""
    history = tuple({"score": score, "best": max(scores), "loss": 1.0, "skill": 0.0} for score in scores)
    result = {"test_score": 0.2, "returns": {}} if end == "finished" else {}
    error = "it broke" if end == "failed" else ""
    return Trial(name, {"family": "lstm", "training.learning_rate": 0.01}, end, history, result, 1.0, error)


def runs_by_trial(registry: Registry, name: str, search: str = "first") -> dict:
    asked = f"tags.kind = 'trial' and tags.search = '{search}'"
    runs = registry._client.search_runs([registry._experiment(name)], asked)
    assert len({run.data.tags["trial"] for run in runs}) == len(runs)
    return {run.data.tags["trial"]: run for run in runs}


def test_a_trial_is_seen_while_it_runs_and_once_however_often_its_search_goes_on(home, name):
    registry = Registry(home)
    book = registry.open_logbook(name, search="first")
    book.follow([trial_of("t0", "running", 0.3), trial_of("t1", "running", 0.1)])
    found = runs_by_trial(registry, name)
    assert (found["t0"].info.status, found["t0"].data.metrics["score"]) == ("RUNNING", 0.3)
    book.follow([trial_of("t0", "finished", 0.3, 0.1)])  # and now the driver is killed: t1 is told of no more
    again = registry.open_logbook(name, search="first")
    assert again.trials == {"t0", "t1"}
    again.follow(
        [trial_of("t0", "finished", 0.3, 0.1), trial_of("t2", "failed"), trial_of("t3", "stopped", 0.1)]
    )
    again.close(whole=True)
    found = runs_by_trial(registry, name)
    ends = {trial: run.info.status for trial, run in found.items()}
    assert ends == {"t0": "FINISHED", "t1": "KILLED", "t2": "FAILED", "t3": "KILLED"}
    assert found["t2"].data.tags["error"] == "it broke"
    assert found["t0"].data.metrics["test_score"] == 0.2
    assert found["t0"].data.params["training.learning_rate"] == "0.01"
    curve = registry._client.get_metric_history(found["t0"].info.run_id, "score")
    assert [(one.step, one.value) for one in curve] == [(1, 0.3), (2, 0.1)]
    (whole,) = registry._client.search_runs([registry._experiment(name)], "tags.kind = 'search'")
    assert whole.info.status == "FINISHED"
    assert registry.open_logbook(name, search="second").trials == set()


def test_a_trial_that_was_running_when_the_driver_was_killed_is_gone_on_with(home, name):
    registry = Registry(home)
    registry.open_logbook(name, search="first").follow([trial_of("t0", "running", 0.3, 0.1)])
    book = registry.open_logbook(name, search="first")
    book.follow([trial_of("t0", "finished", 0.3, 0.1, 0.4)])
    curve = registry._client.get_metric_history(runs_by_trial(registry, name)["t0"].info.run_id, "score")
    assert [(one.step, one.value) for one in curve] == [(1, 0.3), (2, 0.1), (3, 0.4)]


def test_what_is_written_of_a_search_is_the_same_read_from_the_database_as_asked_of_mlflow(home, name):
    registry = Registry(home)
    book = registry.open_logbook(name, search="first")
    book.follow([trial_of("t0", "finished", 0.3), trial_of("t1", "running", 0.1), trial_of("t2", "failed")])
    registry.open_logbook(name, search="second").follow([trial_of("t0", "stopped", 0.2)])
    client, experiment = registry._client, registry._experiment(name)
    deleted = runs_by_trial(registry, name, "first")["t2"]
    client.delete_run(deleted.info.run_id)
    found = read_runs(home, experiment, "first")
    assert found is not None
    assert {(one.trial, one.status) for one in found} == {
        (None, "RUNNING"), ("t0", "FINISHED"), ("t1", "RUNNING"),
    }  # fmt: skip
    assert set(found) == set(list_runs(client, experiment, "first"))


def test_a_server_that_is_away_for_a_while_costs_a_search_nothing(home, name, monkeypatch):
    registry = Registry(home)
    book = registry.open_logbook(name, search="first")

    def away(*_: object, **__: object) -> None:
        raise MlflowException("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(registry._client, "create_run", away)
        book.follow([trial_of("t0", "finished", 0.3)])
        book.close(whole=False)  # broken off meanwhile: nothing covers what the user is told
        with pytest.raises(MlflowException, match="no answer"):
            book.close(whole=True)
    book.follow([trial_of("t1", "stopped", 0.1)])
    book.close(whole=True)
    ends = {trial: run.info.status for trial, run in runs_by_trial(registry, name).items()}
    assert ends == {"t0": "FINISHED", "t1": "KILLED"}


def test_a_long_history_of_a_trial_is_logged_in_full(home, name):
    registry = Registry(home)
    scores = [number / 1000 for number in range(1200)]
    registry.open_logbook(name, search="first").follow([trial_of("long", "stopped", *scores)])
    (run,) = runs_by_trial(registry, name).values()
    assert len(registry._client.get_metric_history(run.info.run_id, "score")) == 1200


def test_nested_values_are_flattened_by_dots():
    assert flatten({"task": {"lookback": 30, "deep": {"x": 1}}, "seed": 0}) == {
        "task.lookback": 30, "task.deep.x": 1, "seed": 0,
    }  # fmt: skip


def test_who_opens_the_database_next_tells_sqlite_how_many_runs_there_are(new_home):
    home = new_home()
    Registry(home).open_logbook("grown", search="first").follow([trial_of("t0", "finished", 0.3)])
    with closing(sqlite3.connect(home.root / "mlflow.db")) as database:
        asked = "SELECT tbl FROM sqlite_stat1 WHERE tbl IN ('runs', 'latest_metrics')"
        connect(home)
        assert {row[0] for row in database.execute(asked)} == {"runs", "latest_metrics"}


def test_a_database_that_another_writes_just_now_is_opened_at_once(new_home):
    home = new_home()
    Registry(home).open_logbook("grown", search="first").follow([trial_of("t0", "finished", 0.3)])
    with closing(sqlite3.connect(home.root / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        with closing(sqlite3.connect(home.root / "mlflow.db")) as ours:
            measure(ours)
        assert time.monotonic() - begun < 3
