"""Each version keeps what was found of each claim of its forecast, and every answer and page says it."""

from fastapi.testclient import TestClient

from ml_core.claims.case import Terms
from ml_core.claims.kind import claim_names
from ml_core.claims.unasked import tell_unasked, with_unasked
from serving.service import Service
from serving.ui.forecast import show_forecast
from serving.ui.models import show_one
from tests.serving.world import LISTED, World


def test_every_claim_is_answered_at_every_horizon(world: World):
    evidence = world.registry.find(world.name).evidence
    asked = {(one.claim, one.horizon) for one in evidence.claims}
    horizons = world.experiment.task.horizons
    assert asked == {(name, ahead) for name in claim_names() for ahead in horizons}
    assert all(one.why for one in evidence.claims)
    assert all((one.p is None) == (one.standing == "not asked") for one in evidence.claims)


def test_a_range_is_judged_beside_its_rivals_though_no_baseline_of_the_experiment_is_one(world: World):
    evidence = world.registry.find(world.name).evidence
    asked = [one for one in evidence.claims if one.claim == "range" and one.standing != "not asked"]
    assert asked and all([rival.rival for rival in one.rivals] == list(Terms().range) for one in asked)
    assert not {name for row in evidence.scores for name in row.beside} & set(Terms().range)


def test_every_answer_says_which_of_its_claims_are_proven(client: TestClient, world: World):
    answer = client.post("/predictions/single", json={"ticker": LISTED[0]}).json()
    kept = world.registry.find(world.name).evidence.claims
    told = {(one["claim"], one["horizon"]): (one["standing"], one["p"]) for one in answer["claims"]}
    assert told == {(one.claim, one.horizon): (one.standing, one.adjusted) for one in kept}


def test_a_claim_that_was_not_asked_says_why_in_the_answer_and_on_the_pages(service: Service):
    answer = service.single(LISTED[0])
    why = "no strategy was traded at this horizon"
    assert {one.why for one in answer.claims if (one.claim, one.horizon) == ("money", 3)} == {why}
    table = show_forecast(service, LISTED[0], 5, 90, None).table
    assert f"money 3 and 5 ahead ({why})." in table.partition("Not asked: ")[2]
    assert why in show_one(service).evidence.partition("<details>")[0]


def test_a_claim_that_the_experiment_left_out_is_told_too(world: World):
    kept = world.registry.find(world.name).evidence.claims
    level = [one for one in kept if one.claim == "level"]
    told = {one.claim: one.standing for one in with_unasked(level) if one.horizon == 1}
    others = [name for name in claim_names() if name != "level"]
    assert {name: told[name] for name in others} == dict.fromkeys(others, "not asked")
    assert tell_unasked(with_unasked(level))[-1] == (
        f"{', '.join(others)} ([gate] claims of the experiment does not name it)"
    )
    assert with_unasked(kept) == kept
    assert with_unasked(()) == ()


def test_the_page_of_the_model_shows_each_claim_in_words(service: Service):
    page = show_one(service).evidence
    for label in ("Level: where the price goes", "Range: how far it may go", "Money: that trading it pays"):
        assert label in page
