"""A verdict on a holdout stands against an easier gate, also where the holdout was moved a little."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from ml_core.data.source import open_source
from ml_core.panel.splits import Span
from ml_core.promotion.earlier import find_earlier
from tests.market import small_experiment

STRICT = small_experiment(gate={"significance": 0.01})
EASY = small_experiment(gate={"significance": 0.1})


class Judged:
    """A registry that holds one version, judged by the strict gate on the holdout of a year."""

    def versions(self, _name: str) -> list[Any]:
        from ml_core.registry.recipe import Recipe

        recipe = Recipe.model_construct(experiment=STRICT)
        evidence = SimpleNamespace(
            role="candidate",
            store=open_source(STRICT).identity,
            recipe=recipe,
            holdout=SimpleNamespace(start=dt.date(2023, 1, 2), end=dt.date(2023, 12, 29)),
            gate=SimpleNamespace(refused=["a claim proven"]),
        )
        return [SimpleNamespace(version="3", readable=True, evidence=evidence)]


@pytest.mark.parametrize(
    ("start", "end", "stands"),
    [
        ("2023-01-02", "2023-12-29", True),
        ("2023-01-03", "2024-01-02", True),
        ("2023-06-01", "2023-12-29", True),
        ("2022-06-01", "2023-12-29", True),
        ("2023-09-01", "2024-08-30", False),
        ("2024-01-02", "2024-12-30", False),
    ],
)
def test_it_stands_as_long_as_most_of_the_sessions_are_those_of_then(start, end, stands):
    span = Span(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    candidate: Any = SimpleNamespace(split=SimpleNamespace(test=span))
    registry: Any = Judged()
    found = find_earlier(registry, EASY, candidate)
    assert [one.stands for one in found] == ([True] if stands else [])
    assert find_earlier(registry, STRICT, candidate) == []
