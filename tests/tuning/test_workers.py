"""Real searches by one worker and by two: the same trials, dropped alike, the same winner, and its weights in every
byte."""

import json

import pytest

from ml_core.data.intake.refresh import refresh
from tests.market import NOW, small_experiment
from tuning.search import SearchOutcome, search

FAMILIES = ["lstm", "transformer"]


def trials_of(outcome: SearchOutcome) -> dict[str, tuple]:
    return {
        json.dumps(trial.params, sort_keys=True): (trial.status, trial.history, trial.result)
        for trial in outcome.ledger.trials
    }


def weights_of(outcome: SearchOutcome) -> dict[str, bytes]:
    files = outcome.version.folder.rglob("*.safetensors")
    return {str(file.relative_to(outcome.version.folder)): file.read_bytes() for file in files}


@pytest.mark.timeout(900)  # two whole searches: minutes on a slow machine
@pytest.mark.usefixtures("ray_cluster")
@pytest.mark.parametrize("scheduler", ["asha", "race"])
def test_one_worker_and_two_come_to_the_same(new_home, scheduler):
    found = []
    for cpus in (1, 2):  # of the cluster's two: so two trials at once, or one
        experiment = small_experiment(
            search={
                "families": FAMILIES,
                "trials": 8,
                "epochs": 4,
                "scheduler": scheduler,
                "lag": 3,
                "cpus_per_trial": cpus,
            }
        )
        home = new_home()
        refresh(experiment, home, now=NOW)
        found.append(search(experiment, home, now=NOW))
    two, one = found
    assert len(trials_of(two)) == 8
    assert two.ledger.count("stopped") if scheduler == "asha" else two.ledger.count("finished")
    assert trials_of(two) == trials_of(one)
    assert two.spec == one.spec
    assert [row.params for row in two.ranking.rows(8)] == [row.params for row in one.ranking.rows(8)]
    assert weights_of(two)
    assert weights_of(two) == weights_of(one)
    assert two.evidence.claims == one.evidence.claims
