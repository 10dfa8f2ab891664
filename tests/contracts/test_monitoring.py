"""What every check of monitoring must keep, whichever is added to its folder: silent where all is sound, loud where its
thing is broken, and the same twice."""

import math

import pytest

from ml_core.data.order import Order
from ml_core.monitoring.watch import CHECKS, watch
from ml_core.spec import choices
from tests.market import NOW
from tests.monitoring.broken import BREAKS, copy, make_sound, sound

every_check = pytest.mark.parametrize("name", choices.names(CHECKS))


@pytest.fixture(scope="module")
def order(new_home) -> Order:
    return make_sound(new_home())


@pytest.mark.parametrize("name", [*choices.names(CHECKS), "all"])
def test_where_all_is_sound_nothing_is_breached_and_everything_is_told(name, order):
    found = (
        watch(order, now=NOW).found
        if name == "all"
        else {name: choices.load(CHECKS, name).look(sound(order))}
    )
    for one in [finding for findings in found.values() for finding in findings]:
        assert not one.breach, one
        assert one.subject
        assert len(one.told) > 10
        assert math.isfinite(one.value)
        assert math.isfinite(one.allowed)
        assert one.remedy in ("", "refit", "search")


@every_check
def test_two_looks_at_the_same_say_the_same_and_no_subject_twice(name, order):
    first, second = (choices.load(CHECKS, name).look(sound(order)) for _ in range(2))
    assert first == second
    assert len({one.subject for one in first}) == len(first)


@every_check
def test_what_is_broken_is_found(name, order, tmp_path):
    scene = BREAKS[name](copy(order, tmp_path / "home"))
    assert any(one.breach for one in choices.load(CHECKS, name).look(scene)), name
