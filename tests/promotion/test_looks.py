"""The account of looks: all of an experiment's looks share one significance, whatever is searched and however often."""

import datetime as dt
import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_core.data.calendar import sessions_between
from ml_core.home.settings import Home
from ml_core.panel.splits import Span
from ml_core.promotion.looks import OPENING, YEARLY, HoldoutLook, Paid, pay_look, share_after
from ml_core.registry.archive import count_tried
from ml_core.registry.versions import Registry
from tests.evidence import evidence_of
from tests.market import NOW, simulate_prices, small_experiment
from tests.tuning.test_ledger import run as run_trial
from tuning.trials import open_ledger

EXPERIMENT = small_experiment()
SESSIONS = tuple(sessions_between("XNYS", dt.date(2020, 1, 2), dt.date(2024, 12, 31)))
FIRST, SECOND = OPENING * 2 / 3, OPENING * 2 / 9


def pay(home: Home, start: int, end: int, *, seed: int = 0) -> Paid:
    """For a look at the sessions from `start` to `end`, by their places; a seed makes another spec."""
    candidate: Any = SimpleNamespace(
        split=SimpleNamespace(test=Span(SESSIONS[start], SESSIONS[end - 1])),
        windows=SimpleNamespace(sessions=SESSIONS[:end]),
        prices=simulate_prices(),
        forecaster=SimpleNamespace(spec=small_experiment(training={"epochs": 2 + seed}).spec),
    )
    return pay_look(home, EXPERIMENT, candidate, now=NOW)


def test_the_first_look_may_spend_two_thirds_of_what_there_is_and_the_next_of_what_is_left(new_home):
    home = new_home()
    assert pay(home, 0, 252) == Paid(1, pytest.approx(FIRST))
    assert pay(home, 0, 252, seed=1) == Paid(2, pytest.approx(SECOND))
    assert pay(home, 0, 252, seed=2) == Paid(3, pytest.approx(SECOND / 3))


def test_a_spec_that_is_judged_again_on_the_same_sessions_has_what_it_had(new_home):
    home = new_home()
    first = pay(home, 0, 252)
    pay(home, 0, 252, seed=1)
    assert pay(home, 0, 252) == first
    assert len((home.looks / f"{EXPERIMENT.model_name}.jsonl").read_text().split()) > 0
    assert pay(home, 0, 252, seed=2).number == 3


def test_only_sessions_that_nobody_has_looked_at_add_to_it(new_home):
    home, left = new_home(), OPENING / 3
    pay(home, 100, 352)
    assert pay(home, 50, 352, seed=1).share == pytest.approx(left * 2 / 3), "an earlier start is no news"
    assert pay(home, 105, 357, seed=1).share == pytest.approx((left / 3 + YEARLY * 5 / 252) * 2 / 3)
    assert pay(home, 800, 1052, seed=1).share == pytest.approx(FIRST), "never more than at the beginning"


def test_it_is_written_down_before_anything_is_seen_and_a_line_cut_short_is_no_look(new_home):
    home = new_home()
    file = home.looks / f"{EXPERIMENT.model_name}.jsonl"
    pay(home, 0, 252)
    assert [json.loads(line)["start"] for line in file.read_text().split("\n") if line] == ["2020-01-02"]
    with file.open("a") as lines:
        lines.write('\n{"at": "2026-')
    assert pay(home, 0, 252, seed=1).number == 2
    assert pay(home, 0, 252, seed=2).number == 3


def test_what_was_judged_before_there_was_an_account_or_in_another_home_has_looked_too(new_home, fitted):
    home = new_home()
    holdout = {"start": SESSIONS[0], "end": SESSIONS[251], "sessions": 252, "rows": 1000}
    store = json.loads(line_of(pay, new_home()))["store"]
    told = {"holdout": holdout, "store": store}
    registry = Registry(home)
    elsewhere = evidence_of(EXPERIMENT, **{**told, "store": "another market"})
    registry.register(fitted, EXPERIMENT.model_name, elsewhere)
    registry.register(fitted, EXPERIMENT.model_name, evidence_of(EXPERIMENT, **told, role="reference"))
    registry.register(fitted, EXPERIMENT.model_name, evidence_of(EXPERIMENT, **told))
    assert pay(home, 0, 252, seed=1) == Paid(2, pytest.approx(SECOND))
    assert pay(home, 0, 252) == Paid(1, pytest.approx(FIRST)), "and is itself no second look"


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=120))
def test_no_year_of_looks_spends_more_than_there_is_however_they_are_spread(steps):
    """Each step is so many sessions later; some of them are looks."""
    looks: list[HoldoutLook] = []
    spent: list[tuple[int, float]] = []
    day = last = 0
    for ahead, looked in steps:
        day += ahead
        if looked:
            gained = YEARLY * (day - last) / 252 if looks else 0.0
            last, share = day, share_after(looks, gained)
            looks.append(HoldoutLook("", "", "", "", "", gained, share))
            spent.append((day, share))
    for start, _ in spent:
        assert sum(share for at, share in spent if start <= at <= start + 252) <= 1 + 1e-9


def test_trials_of_searches_that_were_interrupted_or_begun_anew_count_for_ever(new_home):
    home, name = new_home(), f"{EXPERIMENT.model_name}-0a1b-3"
    first = open_ledger(home, name, afresh=True)
    run_trial(first, "one", test=0.1)
    run_trial(first, "two", error="it broke")
    resumed = open_ledger(home, name)
    run_trial(resumed, "two", test=0.3)
    assert count_tried(home, EXPERIMENT.model_name) == 2
    afresh = open_ledger(home, name, afresh=True)
    assert afresh.trials == []
    run_trial(afresh, "one", test=0.2)
    run_trial(open_ledger(home, f"{EXPERIMENT.model_name}-ffff-4", afresh=True), "one")
    run_trial(open_ledger(home, f"{EXPERIMENT.model_name}-more-ffff-4", afresh=True), "one")
    assert count_tried(home, EXPERIMENT.model_name) == 4


def line_of(pay: Any, home: Home) -> str:
    pay(home, 0, 252)
    return (home.looks / f"{EXPERIMENT.model_name}.jsonl").read_text().strip()


@pytest.fixture(scope="module")
def fitted():
    from ml_core.panel.splits import holdout
    from ml_core.training.fit import fit
    from ml_core.walkforward.opening import open_windows

    windows, _ = open_windows(EXPERIMENT.spec, simulate_prices())
    sessions = windows.usable_sessions(EXPERIMENT.reading.lookback)
    return fit(EXPERIMENT.spec, windows, holdout(sessions, EXPERIMENT.validation, horizon=5))
