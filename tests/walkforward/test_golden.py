"""A score changes only when the code's arithmetic does."""

import json

import pytest

from tests.walkforward.golden import CASES, FILE, here, scores_of

KNOWN = {
    machine: {case: {name: float.fromhex(v) for name, v in scores.items()} for case, scores in cases.items()}
    for machine, cases in json.loads(FILE.read_text()).items()
}


def test_every_learner_and_loss_is_remembered():
    for machine, cases in KNOWN.items():
        assert set(cases) == set(CASES), f"{machine}: run python -m tests.walkforward.golden"


@pytest.mark.parametrize("case", CASES)
def test_its_score_is_the_one_remembered(case):
    """Equal in every bit on a machine that is remembered; close to all of them on another one."""
    found = scores_of(case)
    if here() in KNOWN:
        assert found == KNOWN[here()][case]
    for cases in KNOWN.values():
        assert found == pytest.approx(cases[case], rel=0.01)
