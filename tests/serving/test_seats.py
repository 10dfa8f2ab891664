"""Whoever is asked says from which seat he speaks, and what of it is proven; others are looked at under their badge."""

from pathlib import Path

import pytest

from ml_core.data.order import place_order
from ml_core.errors import InvalidInput, NoChampion
from ml_core.promotion.reference import fill_seat
from serving.rest.bodies import VersionAsked
from serving.ui.forecast import show_forecast
from serving.ui.models import show_one
from tests.market import NOW
from tests.serving.world import World


@pytest.fixture(scope="module")
def prepared(world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A reference in the seat, and a model that was refused."""
    made = world.elsewhere(tmp_path_factory.mktemp("prepared"))
    fill_seat(place_order(made.experiment, made.home), now=NOW)
    refused = made.register(promote=False)
    made.registry.seat(made.name, refused.version, "challenger")
    return made


@pytest.fixture
def seated(prepared: World, tmp_path: Path) -> World:
    """The same in a home of the test's own."""
    return prepared.copy(tmp_path / "home")


def test_until_one_has_earned_it_the_reference_answers_without_a_direction(seated: World):
    service = seated.service()
    answer = service.single("ALFA")
    assert (answer.seat, answer.version) == ("reference", "1")
    assert any("The reference says how far" in note for note in answer.notes)
    assert all(row.mean == 0 and row.lower < 0 < row.upper for row in answer.forecasts)
    assert (service.health().status, service.health().seat) == ("ok", "reference")


def test_the_challenger_is_asked_by_its_seat_or_number_and_wears_its_badge(seated: World):
    service = seated.service()
    by_seat, by_number = (service.single("ALFA", version=who) for who in ("challenger", "2"))
    assert by_seat == by_number
    assert (by_seat.seat, by_seat.version) == ("challenger", "2")
    assert by_seat.told.startswith("challenger: refused by the gate")
    assert by_seat.notes[0].startswith("Challenger: refused by the gate")
    assert service.single("ALFA").version == "1"
    assert service.info("challenger").version == "2"
    assert service.batch(version="challenger").version == "2"


def test_who_moves_to_another_seat_answers_from_there(seated: World):
    service = seated.service()
    assert service.single("ALFA", version="2").seat == "challenger"
    seated.registry.promote(seated.name, "2")
    seated.registry.vacate(seated.name, "challenger")
    assert service.single("ALFA", version="2").seat == "champion"
    service.look()
    assert service.single("ALFA").version == "2"
    with pytest.raises(NoChampion, match="has no challenger"):
        service.single("ALFA", version="challenger")


def test_a_past_day_is_answered_by_the_one_that_is_asked(seated: World):
    service = seated.service()
    day = seated.evidence.holdout.start
    assert service.single("ALFA", date=day).version == "1"
    assert service.single("ALFA", date=day, version="challenger").version == "2"


def test_a_version_and_a_seat_at_once_are_refused():
    assert VersionAsked(version="3").chosen == "3"
    assert VersionAsked(alias="challenger").chosen == "challenger"
    assert VersionAsked().chosen is None
    with pytest.raises(InvalidInput, match="give one of them"):
        assert VersionAsked(version="3", alias="challenger").chosen


def test_each_horizon_says_what_of_it_is_proven(seated: World):
    proven = {(one.claim, one.horizon) for one in seated.evidence.claims if one.standing == "proven"}
    answer = seated.service().single("ALFA", version="challenger")
    told = {(claim, row.horizon) for row in answer.forecasts for claim in row.proven}
    assert told == proven


def test_of_a_reference_the_page_shows_how_far_and_no_direction(seated: World):
    shown = show_forecast(seated.service(), "ALFA", 5, 90, None)
    assert "The reference says how far" in shown.notice
    assert "no direction is said" in shown.numbers
    assert ">none<" in shown.table
    assert ">nothing<" in shown.table
    assert shown.chart is not None
    names = [line["name"] for line in shown.chart["lines"]]
    assert any(name.startswith("No direction") for name in names)
    assert "how far by volatility, no direction" in show_one(seated.service()).evidence


def test_an_unproven_number_is_grey_on_the_page_and_the_page_shows_who_is_asked(seated: World):
    service = seated.service()
    shown = show_forecast(service, "ALFA", 5, 90, None, "challenger")
    assert "Challenger: refused by the gate" in shown.notice
    assert "cc-unproven" in shown.table
    assert ", not proven" in shown.numbers
    assert "challenger of small.simulated" in show_one(service, "challenger").evidence


def test_what_is_proven_and_what_is_not_are_told_apart_by_a_sign_and_words(seated: World):
    table = show_forecast(seated.service(), "ALFA", 5, 90, None, "challenger").table
    horizons = {"proven": set(), "unproven": set(), "not asked": set()}
    for one in seated.evidence.claims:
        horizons[one.standing].add(one.horizon)
    assert horizons["unproven"], "else there is nothing to tell apart"
    assert table.count("\N{MULTIPLICATION X} not proven: ") == len(horizons["unproven"])
    assert table.count("\N{CHECK MARK} ") == len(horizons["proven"])


def test_a_position_says_whether_it_is_proven_that_trading_so_pays(seated: World):
    position = seated.service().single("ALFA", strategy="single", version="challenger").position
    assert position is not None
    assert position.proven is any(one.claim == "money" and one.proven for one in seated.evidence.claims)
