"""A score changes only when the code's arithmetic does."""

import json
import warnings

import pytest

from tests.walkforward.golden import ADD, CASES, FILE, here, remember, scores_of

KNOWN = {
    machine: {case: {name: float.fromhex(v) for name, v in scores.items()} for case, scores in cases.items()}
    for machine, cases in json.loads(FILE.read_text()).items()
}


@pytest.mark.parametrize("case", CASES)
def test_its_score_is_the_one_remembered(case):
    """Equal in every bit on a machine that remembers it; close to all others that do. One that nobody remembers is
    new, and is remembered by a command."""
    beside = [cases[case] for cases in KNOWN.values() if case in cases]
    assert beside, f"{case} is remembered by no machine; run: {ADD}"
    found = scores_of(case)
    for scores in beside:
        assert found == pytest.approx(scores, rel=0.01)
    own = KNOWN.get(here())
    if own is not None and case in own:
        assert found == own[case]
    elif own is not None:
        warnings.warn(f"this machine does not remember {case}, another does; run: {ADD}", stacklevel=1)


def test_nothing_is_remembered_that_is_no_learner_or_loss_any_more():
    gone = {machine: sorted(set(cases) - set(CASES)) for machine, cases in KNOWN.items()}
    assert not any(gone.values()), f"{gone}; run: {ADD}"


def test_what_is_lacking_is_added_and_what_is_remembered_stays():
    first, *others = CASES
    known = {
        here(): {case: {"mse": "0x1.8p-3"} for case in [*others, "family gone"]},
        "another machine": {first: {"mse": "0x1.0p-3"}, "family gone": {"mse": "0x1.0p-3"}},
    }
    asked: list[str] = []
    found = remember(known, lambda case: asked.append(case) or {"mse": 0.5})
    assert asked == [first]
    assert found["another machine"] == {first: {"mse": "0x1.0p-3"}}
    assert found[here()] == {
        **{key: {"mse": "0x1.8p-3"} for key in others},
        first: {"mse": "0x1.0000000000000p-1"},
    }
    assert list(remember({}, lambda _: {"mse": 0.5})) == [here()]
