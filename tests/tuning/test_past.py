"""What searches of the past leave to the next one: the points that did best, as far as they still lie in its space."""

import os

import pytest

from ml_core.registry.ledgers import LEDGER
from tests.market import small_experiment
from tuning.ledger import Ledger
from tuning.past import SURVIVORS, find_survivors
from tuning.points import first_params
from tuning.space import build_space

EXPERIMENT = small_experiment(search={"families": ["lstm"], "trials": 5})
FIRST = first_params(EXPERIMENT, build_space(EXPERIMENT))[0]


def write_search(home, name: str, tried: dict[float, dict], *, age: int) -> None:
    """A search whose trials had these test scores; the older, the higher its age."""
    file = home.searches / name / LEDGER
    ledger = Ledger(file)
    for score, params in tried.items():
        ledger.report(str(score), params, {"finished": True, "test_score": score, "returns": {}})
        ledger.close(str(score))
    os.utime(file, (1e9 - age, 1e9 - age))


@pytest.fixture
def name():
    return f"{EXPERIMENT.model_name}-0a1b-"


def test_the_best_of_the_newest_other_search_are_tried_early(new_home, name):
    home = new_home()
    points = {score: {**FIRST, "lstm.dropout": score} for score in (0.05, 0.1, 0.15, 0.2, 0.25)}
    write_search(home, name + "1", {0.9: {**FIRST, "lstm.dropout": 0.01}}, age=30)
    write_search(home, name + "2", points, age=20)
    write_search(home, name + "3", {0.8: {**FIRST, "lstm.dropout": 0.02}}, age=10)
    found = find_survivors(EXPERIMENT, home, but=name + "3")
    assert [params["lstm.dropout"] for params in found] == [0.25, 0.2, 0.15]
    assert len(found) == SURVIVORS


def test_points_that_lie_in_the_space_no_more_are_left_behind(new_home, name):
    home = new_home()
    outside = {0.9: {**FIRST, "lstm.dropout": 0.9}, 0.8: {**FIRST, "old.key": 1}, 0.7: {"family": "gone"}}
    write_search(home, name + "1", {**outside, 0.1: FIRST}, age=1)
    assert find_survivors(EXPERIMENT, home, but=name + "2") == [FIRST]


def test_a_first_search_has_none(new_home, name):
    assert find_survivors(EXPERIMENT, new_home(), but=name + "1") == []
