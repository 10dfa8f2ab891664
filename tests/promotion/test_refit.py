"""A champion is fitted again through the last known outcome: a version of its own that names its parent, sits only if
it still says what was judged, and is no champion that a later candidate has to face on dates it has learned from."""

import datetime as dt

import pytest

from ml_core.audit.artifact import audit_model
from ml_core.audit.rebuild import rebuild
from ml_core.data.intake.refresh import refresh
from ml_core.data.order import Order, place_order
from ml_core.data.prices import read_prices
from ml_core.promotion.judge import promote_candidate
from ml_core.promotion.refit import Refitted, keep_fresh, refit_champion
from ml_core.registry.lineage import ancestry, judged_of, tell_lineage
from ml_core.registry.searched import Searched
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Model
from ml_core.spec.serving import Serving
from tests.candidate import fit_candidate
from tests.market import NOW, small_experiment

EXPERIMENT = small_experiment(
    data={"simulated": {"sessions": 330, "seed": 3, "ic": 0.3}},
    gate={"claims": ["level"], "beat": ["last"], "coverage_tolerance": 0.5, "significance": 0.3},
)
EARLY = dt.datetime(2019, 2, 14, 23, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def order(new_home) -> Order:
    """Bars up to a day, a champion, his first refit; then more bars."""
    made = new_home()
    refresh(EXPERIMENT, made, now=EARLY)
    return place_order(EXPERIMENT, made)


@pytest.fixture(scope="module")
def promoted(order) -> ModelVersion:
    return promote(order)


@pytest.fixture(scope="module")
def first(order, promoted) -> Refitted:
    done = refit_champion(order, now=EARLY, always=True)
    assert done is not None
    assert done.parent.version == promoted.version
    return done


@pytest.fixture(scope="module")
def second(order, first) -> ModelVersion:
    """After so many sessions that another is due."""
    assert keep_fresh(order, now=EARLY).version == first.version.version, "its time has not come"
    refresh(EXPERIMENT, order.home, now=NOW)
    return keep_fresh(order, now=NOW)


def promote(order: Order) -> ModelVersion:
    made = promote_candidate(
        order.experiment,
        order.home,
        fit_candidate(order.experiment, order.home, Searched(trials=3)),
        now=EARLY,
    )
    assert made.promoted
    return made.version


def last_session(order: Order) -> dt.date:
    return read_prices(order.experiment, order.home)["date"].max()


def test_it_learns_through_the_last_known_outcome_and_names_its_parent(order, promoted, first):
    refit, evidence = first.version, first.version.evidence
    assert refit.version != promoted.version
    assert (evidence.role, evidence.refit.parent, evidence.refit.judged) == ("refit", "1", "1")
    sessions = read_prices(EXPERIMENT, order.home)["date"].unique().sort()
    assert evidence.refit.through == evidence.unseen == sessions[-1]
    split = evidence.recipe.split
    assert split.validation.end == sessions[-1 - EXPERIMENT.task.horizons[-1]]
    assert split.train.start > promoted.evidence.trained.start
    assert Registry(order.home).find(order.name).version == refit.version
    assert tell_lineage(refit) == f"proven by version 1; refitted through {sessions[-1]}"
    assert tell_lineage(promoted) == ""


def test_its_evidence_is_the_parents_and_its_checks_are_its_own(promoted, first):
    own, parents = first.version.evidence, promoted.evidence
    for part in ("holdout", "scores", "claims", "coverage", "backtest", "search", "looks"):
        assert getattr(own, part) == getattr(parents, part)
    assert [check.name for check in own.gate.checks] == [
        "leak audit",
        "near its parent",
        "a direction as its parent's",
        "coverage kept",
    ]
    assert own.gate.passed
    assert own.audit != ()
    assert {one.horizon for one in own.refit.compared} == set(EXPERIMENT.task.horizons)
    assert own.refit.since == parents.holdout.start
    assert own.refit.missing == 0


def test_it_is_fitted_again_byte_for_byte(order, first, second):
    assert rebuild(first.version, order.home).same
    assert rebuild(second, order.home).same


def test_the_next_one_is_made_when_as_many_sessions_have_passed_as_a_recipe_walks_at_a_time(
    order, first, second
):
    refit = second.evidence.refit
    assert (refit.parent, refit.judged) == (first.version.version, "1")
    assert refit.through == last_session(order)
    assert keep_fresh(order, now=NOW).version == second.version
    line = ancestry(Registry(order.home), second)
    assert [one.version for one in line] == ["1", first.version.version, second.version]


def test_the_history_says_who_sat_from_which_session_on_and_why(order, promoted, first, second):
    moves = Registry(order.home).moves(order.name)
    told = [(move.version, move.cause, move.since) for move in moves if move.seat == "champion"]
    assert told == [
        ("1", "promotion", promoted.evidence.holdout.end),
        (first.version.version, "refit", first.through),
        (second.version, "refit", second.evidence.refit.through),
    ]
    assert moves[-1].why == f"version {first.version.version} refitted through {last_session(order)}"


def test_a_later_candidate_faces_the_version_that_was_judged_and_not_its_refit(order, promoted, second):
    """The refit has learned from the holdout: who faced it would be asked to beat someone who knows the answers."""
    challenger = fit_candidate(EXPERIMENT, order.home, Searched(trials=3))
    registry = Registry(order.home)
    made = promote_candidate(EXPERIMENT, order.home, challenger, now=NOW)
    assert made.version.evidence.looks == 2, "a refit is no look at a holdout"
    told = {check.name: check.why for check in made.version.evidence.gate.checks}
    assert "the champion, version 1," in told["more than who sits there"]
    assert judged_of(registry, second).version == promoted.version


@pytest.mark.usefixtures("first")
def test_an_experiment_that_asks_for_no_refits_gets_none(order):
    never = EXPERIMENT.model_copy(update={"serving": Serving(refit=0)})
    assert refit_champion(place_order(never, order.home), now=NOW, always=True) is None


def test_the_cadence_is_the_files_own_and_says_nothing_in_its_digest_unless_it_is_said():
    assert "serving" not in EXPERIMENT.model_dump(mode="json")
    said = small_experiment(serving={"refit": 5})
    assert said.serving.refit == 5
    assert said.model_dump(mode="json")["serving"] == {"refit": 5}
    assert said.digest() != small_experiment().digest()


@pytest.fixture
def lone(new_home) -> Order:
    made = new_home()
    refresh(EXPERIMENT, made, now=EARLY)
    return place_order(EXPERIMENT, made)


@pytest.fixture
def altered(lone):
    """A champion whose recipe makes something else than what was judged."""

    def register(**changes) -> ModelVersion:
        judged = promote(lone)
        registry = Registry(lone.home)
        spec = judged.evidence.spec.model_copy(update=changes)
        other = registry.register(
            registry.load(judged), lone.name, judged.evidence.model_copy(update={"spec": spec})
        )
        registry.promote(lone.name, other.version, cause="promotion")
        return other

    return register


def test_a_refit_that_says_no_direction_any_more_is_refused_by_name_and_the_old_one_goes_on(lone, altered):
    parent = altered(model=Model(family="zero"))
    told: list[str] = []
    assert keep_fresh(lone, now=NOW, tell=told.append).version == parent.version
    assert told[0] == f"refitting version {parent.version} through {last_session(lone)}"
    assert "was refused: a direction as its parent's" in told[-1]
    assert told[-1].endswith(f"version {parent.version} goes on")
    refused = Registry(lone.home).versions(lone.name)[0]
    assert refused.evidence.gate.refused == ["a direction as its parent's"]
    assert refused.aliases == ()
    assert keep_fresh(lone, now=NOW, tell=told.append).version == parent.version
    assert len(told) == 2, "it is tried again when as many sessions have passed once more"


def test_a_refit_that_diverges_in_training_is_refused_by_name_and_leaves_no_version(lone, altered):
    wild = EXPERIMENT.spec.training.model_copy(update={"learning_rate": 1e9, "clip": 1e30})
    parent = altered(training=wild)
    told: list[str] = []
    assert keep_fresh(lone, now=NOW, tell=told.append).version == parent.version
    assert "was refused: lstm: training diverged" in told[-1]
    registry = Registry(lone.home)
    assert registry.versions(lone.name)[0].version == parent.version
    assert registry.moves(lone.name)[-1].cause == "kept"


def test_the_audit_of_a_refit_finds_nothing(order, first):
    found = audit_model(first.version, order.home, dates=3)
    assert found.findings == ()
    assert {one.stage for one in found.compared} >= {"features", "forecasts", "positions"}
