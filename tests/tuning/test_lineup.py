"""What a search tries first, also where it goes on with what an earlier run left under way."""

import pytest

from tests.market import small_experiment
from tuning.lineup import go_on, line_up
from tuning.points import first_params
from tuning.space import build_space

FAMILIES = ["lstm", "tcn", "transformer"]


def ask(sampler: str = "optuna"):
    experiment = small_experiment(search={"families": FAMILIES, "sampler": sampler, "trials": 12})
    space = build_space(experiment)
    return experiment, space, first_params(experiment, space)


def test_the_defaults_of_every_family_come_first_then_the_best_of_an_earlier_search():
    experiment, space, defaults = ask()
    survivor = {**defaults[0], "training.learning_rate": 0.004}
    assert line_up(experiment, space, [survivor, defaults[1]]) == [*defaults, survivor]


@pytest.mark.parametrize("ended", [0, 1, 2])
def test_the_defaults_come_before_what_was_begun_and_that_before_anything_new(ended):
    experiment, space, defaults = ask("quasi_random")
    queue = line_up(experiment, space, [])
    chosen = {**defaults[0], "training.learning_rate": 0.0045}
    begun = [chosen, queue[7], defaults[2]]
    order = go_on(queue, defaults=defaults, begun=begun, ended=defaults[:ended])
    assert order[: 3 - ended] == defaults[ended:]
    assert order[3 - ended : 5 - ended] == [queue[7], chosen]
    assert all(order.count(params) == 1 for params in order)
    assert [params for params in order if params in queue[3:6]] == queue[3:6]
    assert all(params in order for params in queue[ended:])
    assert not [params for params in order if params in defaults[:ended]], "what has ended is not tried again"


def test_a_grid_that_does_not_hold_the_defaults_is_tried_as_it_was_drawn():
    experiment = small_experiment(search={"families": ["lstm"], "sampler": "grid", "trials": 5})
    space = build_space(experiment)
    queue, defaults = line_up(experiment, space, []), first_params(experiment, space)
    assert len(queue) == 5
    assert defaults[0] not in queue
    assert go_on(queue, defaults=defaults, begun=[], ended=queue[:1]) == queue[1:]
