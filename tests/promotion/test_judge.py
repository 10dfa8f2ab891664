"""The candidate's way to champion: judged, registered with its evidence, and seated or kept as challenger."""

import datetime as dt

import pytest

from ml_core.audit.rebuild import rebuild
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import data_version, read_benchmark
from ml_core.errors import NoChampion
from ml_core.home.settings import Home
from ml_core.promotion import judge
from ml_core.promotion.candidate import Candidate
from ml_core.registry.searched import Searched
from ml_core.registry.versions import Registry
from tests.candidate import fit_candidate
from tests.market import NOW, small_experiment

EXPERIMENT = small_experiment(training={"epochs": 1})
EARLY = dt.datetime(2018, 12, 14, 22, tzinfo=dt.UTC)  # the market goes on for some weeks more
BESIDE = {"tickers": EXPERIMENT.universe.tickers, "benchmark": "INDX"}


@pytest.fixture(scope="module")
def home(new_home) -> Home:
    """A home with bars."""
    made = new_home()
    refresh(EXPERIMENT, made, now=NOW)
    return made


@pytest.fixture(scope="module")
def fitted(home) -> Candidate:
    return fit_candidate(EXPERIMENT, home, Searched(trials=3))


@pytest.fixture
def name(request) -> str:
    """A model of its own for each test, in the one registry."""
    return f"{request.node.name[:40]}.simulated"


EASY = {"claims": ["level"], "beat": ["last"], "significance": 0.3}  # nearer than the last return is not hard


def renamed(name: str, **gate) -> object:
    return small_experiment(name=name.partition(".")[0], training={"epochs": 1}, gate=gate)


def test_a_candidate_that_is_refused_is_kept_with_its_evidence_and_moves_nothing(home, name, fitted):
    experiment = renamed(name[20:40], significance=1e-9)
    done = judge.promote_candidate(experiment, home, fitted, now=NOW)
    assert not done.promoted
    kept = Registry(home).find(experiment.model_name, done.version.version)
    assert kept.aliases == ("challenger",)
    evidence = kept.evidence
    assert not evidence.gate.passed
    assert evidence.holdout.sessions == 40
    assert evidence.holdout.rows == 40 * 6 * 2
    assert evidence.data_version == data_version(EXPERIMENT, home)
    assert evidence.created == NOW.replace(microsecond=0)
    assert evidence.trained.end < evidence.holdout.start
    assert {row.metric for row in evidence.scores} >= {"mse", "ic", "coverage"}
    assert evidence.oracle is not None
    assert (evidence.oracle.ic or 0) > 0.1
    assert next(check for check in evidence.gate.checks if check.name == "leak audit").passed
    with pytest.raises(NoChampion):
        Registry(home).find(experiment.model_name)
    assert dict(evidence) == dict(done.version.evidence)


def test_evidence_names_the_bars_that_were_scored_though_others_have_come_since(new_home):
    home, experiment = new_home(), small_experiment(training={"epochs": 1}, universe=BESIDE)
    refresh(experiment, home, now=EARLY)
    scored = data_version(experiment, home)
    candidate = fit_candidate(experiment, home, Searched(trials=3))
    refresh(experiment, home, now=NOW)
    assert data_version(experiment, home) > scored
    benchmark = read_benchmark(experiment, home, version=scored)
    assert benchmark["date"].max() == candidate.prices["date"].max()
    version = judge.promote_candidate(experiment, home, candidate, now=NOW).version
    assert version.evidence.data_version == scored
    assert rebuild(version, home).same


def test_a_candidate_that_passes_becomes_champion_and_the_next_must_beat_it(home, name, fitted):
    experiment = renamed(name[20:40], **EASY)
    first = judge.promote_candidate(experiment, home, fitted, now=NOW)
    assert first.promoted
    assert first.version.aliases == ("champion",)
    second = judge.promote_candidate(experiment, home, fitted, now=NOW)
    assert not second.promoted  # the same model again is no better
    assert second.version.aliases == ("challenger",)
    checks = {check.name: check.passed for check in second.version.evidence.gate.checks}
    assert checks == {
        "leak audit": True,
        "a claim proven": True,
        "more than who sits there": False,
        "nothing less than who sits there": True,
    }
    assert Registry(home).find(experiment.model_name).version == first.version.version


def test_a_champion_whose_files_are_broken_stands_in_nobodys_way(home, name, fitted):
    experiment = renamed(name[20:40], **EASY)
    first = judge.promote_candidate(experiment, home, fitted, now=NOW)
    (first.version.folder / "weights.safetensors").write_bytes(b"gone")
    second = judge.promote_candidate(experiment, home, fitted, now=NOW)
    assert second.promoted
    assert Registry(home).find(experiment.model_name).version == second.version.version


def test_an_earlier_version_that_cannot_be_read_does_not_stop_a_candidate(home, name, fitted):
    experiment = renamed(name[20:40], **EASY)
    first = judge.promote_candidate(experiment, home, fitted, now=NOW)
    (first.version.folder / "evidence.json").write_text("{}")
    second = judge.promote_candidate(experiment, home, fitted, now=NOW)
    assert second.promoted, "the champion without evidence stands in nobody's way"
    assert second.version.evidence.looks == 1
