"""The seat follows what came of forecasts: a proven challenger sits down, a refuted champion gives back what was
refuted, and with the last of it the seat; each step is remembered with its cause, and done once."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import Order, place_order
from ml_core.live.following import follow_evidence
from ml_core.live.standing import LiveStanding
from ml_core.live.terms import LiveTerms, price
from ml_core.prediction.answer import stamp
from ml_core.promotion.reference import fill_seat
from ml_core.promotion.sitter import what_is_proven
from ml_core.registry.history import who_stood
from ml_core.registry.seats import CHALLENGER, CHAMPION
from ml_core.registry.versions import Registry
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from tests.evidence import evidence_of
from tests.live.world import EXPERIMENT
from tests.market import NOW, simulate_prices

DAY = dt.date(2024, 6, 3)
PROVEN = {
    "claim": "order",
    "horizon": 1,
    "standing": "proven",
    "why": "rank IC",
    "p": 0.001,
    "adjusted": 0.01,
}


@pytest.fixture(scope="module")
def forecaster():
    windows, _ = open_windows(EXPERIMENT.spec, simulate_prices())
    return fit(EXPERIMENT.spec, windows, plan_folds(EXPERIMENT, windows)[-1])


@pytest.fixture
def order(new_home) -> Order:
    home = new_home()
    refresh(EXPERIMENT, home, now=NOW)
    made = place_order(EXPERIMENT, home)
    fill_seat(made, now=NOW)
    return made


def seat(order: Order, forecaster: Any, where: Any, *, claims: tuple = ()) -> str:
    registry = Registry(order.home)
    made = registry.register(forecaster, order.name, evidence_of(EXPERIMENT, claims=claims))
    registry.seat(order.name, made.version, where)
    return made.version


def stands(
    line: str, claim: str, *, proven: dt.date | None = None, refuted: dt.date | None = None
) -> LiveStanding:
    terms = LiveTerms(line, claim, 1, 1, dt.date(2019, 1, 2), 120.0, "no order", 0.5)
    return LiveStanding(
        terms, sessions=90, mean=0.05, low=0.01, high=0.09, proven_on=proven, refuted_on=refuted
    )


def seats(order: Order) -> dict[str, str | None]:
    registry = Registry(order.home)
    found = {where: registry.sitting(order.name, where) for where in (CHAMPION, CHALLENGER)}
    return {where: one.version if one else None for where, one in found.items()}


def test_a_challenger_that_is_proven_live_takes_the_seat_and_its_forecasts_say_what_is_proven(
    order, forecaster
):
    challenger = seat(order, forecaster, CHALLENGER)
    standings = [stands(challenger, "order", proven=DAY), stands(challenger, "level")]
    taken = follow_evidence(order, standings, session=DAY)
    assert [step.kind for step in taken] == ["claim-proven", "seat-taken"]
    assert seats(order) == {CHAMPION: challenger, CHALLENGER: None}
    registry = Registry(order.home)
    move = registry.moves(order.name)[-1]
    assert (move.cause, move.since) == ("live", DAY)
    assert move.why == f"version {challenger} proved live: order 1"
    said = pl.DataFrame({"as_of": [DAY], "horizon": [1]})
    assert stamp(said, registry.find(order.name))["proven"].to_list() == ["order"]
    assert follow_evidence(order, standings, session=DAY) == [], "a second time it changes nothing"


def test_a_challenger_waits_where_something_of_it_is_refuted_or_the_champion_has_more(order, forecaster):
    more = tuple({**PROVEN, "claim": claim} for claim in ("level", "order"))
    champion = seat(order, forecaster, CHAMPION, claims=more)
    challenger = seat(order, forecaster, CHALLENGER)
    one = [stands(challenger, "order", proven=DAY)]
    assert [step.kind for step in follow_evidence(order, one, session=DAY)] == ["claim-proven"]
    assert seats(order) == {CHAMPION: champion, CHALLENGER: challenger}
    worse = [*one, stands(challenger, "level", proven=DAY), stands(challenger, "range", refuted=DAY)]
    follow_evidence(order, worse, session=DAY)
    assert seats(order) == {CHAMPION: champion, CHALLENGER: challenger}


def test_a_champion_gives_back_what_is_refuted_and_with_the_last_claim_the_seat(order, forecaster):
    claims = tuple({**PROVEN, "claim": claim} for claim in ("level", "order"))
    champion = seat(order, forecaster, CHAMPION, claims=claims)
    registry = Registry(order.home)
    first = follow_evidence(order, [stands(champion, "order", refuted=DAY)], session=DAY)
    assert [step.kind for step in first] == ["claim-refuted"]
    assert registry.find(order.name).proves(1) == ["level"]
    both = [stands(champion, claim, proven=None, refuted=DAY) for claim in ("order", "level")]
    last = follow_evidence(order, both, session=DAY)
    assert [step.kind for step in last] == ["claim-refuted", "seat-given-back"]
    assert seats(order)[CHAMPION] is None
    assert registry.find(order.name).evidence.role == "reference"
    move = registry.moves(order.name)[-1]
    assert (move.cause, move.seat, move.since) == ("refuted", "reference", DAY)
    assert move.why == f"version {champion} gave back the seat: level 1; order 1 refuted live"
    stood = who_stood(registry, order.name, DAY + dt.timedelta(days=1))
    assert stood.version.evidence.role == "reference"
    assert what_is_proven(registry.find(order.name, champion), (1,)) == frozenset()


def test_a_claim_that_was_proven_live_may_die_and_one_without_claims_keeps_the_seat(order, forecaster):
    champion = seat(order, forecaster, CHAMPION)
    later = DAY + dt.timedelta(days=200)
    died = stands(champion, "order", proven=DAY, refuted=later)
    assert (died.verdict, died.decided_on) == ("refuted", later)
    assert stands(champion, "order", proven=DAY).verdict == "proven"
    assert follow_evidence(order, [stands(champion, "range")], session=DAY) == []
    assert seats(order)[CHAMPION] == champion


def test_of_all_lines_that_are_ever_watched_no_more_than_the_significance_is_spent():
    spent = sum(questions / price(number, questions, significance=0.05)
                for number in range(1, 2000) for questions in (9,))  # fmt: skip
    assert 0.0499 < spent <= 0.05
