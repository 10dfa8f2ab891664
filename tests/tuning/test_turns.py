"""A search comes to the same whoever reports first, and on however many workers it runs."""

import heapq
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.market import small_experiment
from tuning.halving import Halving
from tuning.points import first_params
from tuning.pruner import Pruner, Pruning
from tuning.race import FoldRace
from tuning.sampler import OptunaSampler
from tuning.space import build_space

STOP = "STOP"
FAMILIES = ["lstm", "transformer", "ridge"]
EXPERIMENT = small_experiment(search={"families": FAMILIES, "trials": 40})
SPACE = build_space(EXPERIMENT)
DATES = [f"2024-{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 29)]
STARTS = [DATES[0], DATES[112], DATES[224]]


class Named:
    """A trial as Tune's scheduler knows it."""

    def __init__(self, name: str) -> None:
        self.trial_id = name


def reports_of(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a trial reports depends on its params alone: its epochs, then its scores fold by fold, the newest first."""
    lot = random.Random(repr(sorted(params.items(), key=str)))
    level = lot.gauss(0, 0.3)
    scores = [level + lot.gauss(0, 0.2) for _ in DATES]
    told: list[dict[str, Any]] = [
        {
            "rung": 0 if params["family"] == "ridge" else epoch,
            "score": level + lot.gauss(0, 0.1),
            "best": level,
        }
        for epoch in range(1, 9)
    ]
    for start in reversed(STARTS):
        first = DATES.index(start)
        by_date = zip(DATES[first:], scores[first:], strict=True)
        told.append({**told[-1], "scores": dict(by_date)})
    told[-1]["finished"] = True
    return told


def search_on(workers: int, pruner: Pruner, *, seed: int, lag: int = 5) -> list[tuple[Any, int]]:
    """A search as Tune drives it, with reports in an order drawn by lot; of each trial its params and how many reports
    it came to."""
    search = EXPERIMENT.search
    queue = first_params(EXPERIMENT, SPACE)
    sampler = OptunaSampler(search, SPACE, queue=queue, known=[], pruner=pruner, lag=lag)
    scheduler, lot = Pruning(pruner), random.Random(seed)
    begun: list[tuple[Any, int]] = []
    due: list[tuple[float, int, list[dict[str, Any]]]] = []
    now = 0.0
    while due or len(begun) < search.trials:
        while len(due) < workers and len(begun) < search.trials:
            params = sampler.suggest(str(len(begun)))
            if params is None:
                break
            heapq.heappush(due, (now + lot.expovariate(1), len(begun), reports_of(params)))
            begun.append((params, 0))
        now, number, (result, *left) = heapq.heappop(due)
        begun[number] = (begun[number][0], begun[number][1] + 1)
        dropped = scheduler.on_trial_result(None, Named(str(number)), result) == STOP
        if left and not dropped:
            heapq.heappush(due, (now + lot.expovariate(1), number, left))
        else:
            failed = begun[number][0].get("lstm.layers") == 2
            sampler.on_trial_complete(str(number), None if failed else result, error=failed)
    return begun


@pytest.mark.parametrize("make", [lambda: Halving(8), lambda: FoldRace(1, STARTS)], ids=["asha", "race"])
def test_whoever_reports_first_the_same_trials_are_tried_and_the_same_ones_dropped(
    make: Callable[[], Pruner],
):
    alone = search_on(1, make(), seed=0)
    whole = len(STARTS) + 8
    assert 0 < sum(reports < whole for _, reports in alone) < len(alone), "some are dropped, not all"
    for workers in (1, 2, 5):
        for seed in range(2):
            assert search_on(workers, make(), seed=seed) == alone


def test_what_later_trials_know_of_is_used():
    tried = [search_on(2, Halving(8), seed=0, lag=lag) for lag in (2, 40)]
    assert tried[0][:2] == tried[1][:2]
    assert tried[0] != tried[1]
    assert all(reports == 11 for _, reports in tried[1]), "nobody knows of anybody"


def test_no_more_trials_than_the_lag_are_under_way_and_none_waits_for_one_that_it_need_not_know():
    sampler = OptunaSampler(EXPERIMENT.search, SPACE, queue=[], known=[], pruner=Halving(8), lag=3)
    begun = [sampler.suggest(str(number)) for number in range(3)]
    assert all(begun)
    sampler.on_trial_complete("1", {"best": 0.1})
    assert sampler.suggest("3") is None, "trial 0 still runs"
    sampler.on_trial_complete("0", {"best": 0.2})
    assert sampler.suggest("3") is not None
    assert sampler.suggest("4") is not None
    assert sampler.suggest("5") is None
