"""A breach has a beginning and an end, one event, and at most one remedy a cadence; what a person says of it stays."""

import datetime as dt
from dataclasses import replace

import pytest

from ml_core.errors import InvalidInput
from ml_core.monitoring import acting
from ml_core.monitoring.acting import choose_among
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.record import Record, follow

DAYS = [dt.date(2026, 1, 1) + dt.timedelta(days=day) for day in range(100)]


def found(value: float, *, subject: str = "momentum_5", check: str = "inputs") -> dict[str, list[Finding]]:
    return {check: [Finding(subject, value, 0.5, f"{subject} is {value} from training", "refit")]}


@pytest.fixture
def record(tmp_path) -> Record:
    return Record(tmp_path)


def test_a_breach_goes_on_under_one_number_until_a_look_does_not_see_it(record):
    for day in DAYS[:3]:
        [one] = record.keep(day, found(0.9))
    assert (one.id, one.began, one.last, one.over) == (1, DAYS[0], DAYS[2], None)
    [one] = record.keep(DAYS[3], found(0.1))
    assert (one.state, one.over) == ("over", DAYS[3])
    assert [one.id for one in record.keep(DAYS[4], found(0.9))] == [1, 2]
    assert record.looks()["value"].to_list() == [0.9, 0.9, 0.9, 0.1, 0.9]


def test_a_second_look_at_the_same_session_changes_nothing(record):
    first, second = (record.keep(DAYS[0], found(0.9)) for _ in range(2))
    assert first == second == record.breaches()
    assert record.looks().height == 1


def test_a_check_that_could_not_look_ends_no_breach(record):
    record.keep(DAYS[0], found(0.9))
    [one] = record.keep(DAYS[1], {"bars": []})
    assert (one.over, one.last) == (None, DAYS[0])


def test_a_breach_is_raised_once_and_asks_for_its_remedy_at_most_once_a_cadence():
    breaches = follow([], DAYS[0], found(0.9))
    [raised] = choose_among(breaches, DAYS[:1], 20)
    assert (raised.raised, raised.asked) == (DAYS[0], DAYS[0])
    assert choose_among([raised], DAYS[:2], 20) == []
    other = follow(
        [raised], DAYS[1], {"inputs": [*found(0.9)["inputs"], *found(0.8, subject="shock")["inputs"]]}
    )
    [second] = choose_among(other, DAYS[:2], 20)
    assert (second.subject, second.raised, second.asked) == ("shock", DAYS[1], None), (
        "told, and nothing is done yet"
    )
    waiting = [raised, second]
    assert choose_among(waiting, DAYS[:20], 20) == []
    [later] = choose_among(waiting, DAYS[:21], 20)
    assert (later.subject, later.raised, later.asked) == ("shock", DAYS[1], DAYS[20])


def test_of_two_that_begin_together_one_asks():
    both = {"inputs": [*found(0.9)["inputs"], *found(0.8, subject="shock")["inputs"]]}
    chosen = choose_among(follow([], DAYS[0], both), DAYS[:1], 20)
    assert [one.asked for one in chosen] == [DAYS[0], None]


def test_where_only_a_person_can_help_nothing_is_asked():
    [one] = follow([], DAYS[0], found(0.9))
    [raised] = choose_among([replace(one, remedy="")], DAYS[:1], 20)
    assert (raised.raised, raised.asked) == (DAYS[0], None)


def test_one_that_is_acknowledged_goes_on_and_nothing_is_done_of_itself(record):
    record.keep(DAYS[0], found(0.9))
    acting.acknowledge(record, 1, DAYS[0])
    [one] = record.keep(DAYS[1], found(0.9))
    assert (one.state, one.acknowledged, one.last) == ("acknowledged", DAYS[0], DAYS[1])
    assert choose_among([one], DAYS[:2], 20) == []


def test_one_that_is_muted_is_recorded_and_not_raised_when_it_comes_again(record):
    record.keep(DAYS[0], found(0.9))
    acting.mute(record, 1, DAYS[0])
    record.keep(DAYS[1], found(0.1))
    again = record.keep(DAYS[2], found(0.9))
    assert [(one.id, one.state) for one in again] == [(1, "over"), (2, "muted")]
    assert choose_among(again, DAYS[:3], 20) == []


def test_a_number_that_no_breach_has_is_refused_with_those_that_there_are(record):
    record.keep(DAYS[0], found(0.9))
    with pytest.raises(InvalidInput, match="no breach 7; open are: 1"):
        acting.acknowledge(record, 7, DAYS[0])
