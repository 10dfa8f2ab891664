"""Who ranks where, and what is told of it: by common dates, in one unit, with chances or why there are none."""

import datetime as dt

import numpy as np
import pytest

from cli.screens.searches import endings
from ml_core.data.prices import read_prices
from ml_core.registry.searched import Searched
from ml_core.registry.trials import Trial
from ml_core.reporting.luck import tell_luck
from ml_core.walkforward.opening import open_windows
from tests.market import small_experiment
from tuning.ledger import returns_of
from tuning.ranking import Ranking, measure_luck, rank, rank_trials
from tuning.search import split_for_search
from tuning.trial import run_trial

DATES = [str(dt.date(2024, 1, 1) + dt.timedelta(days=day)) for day in range(240)]


def finished(name: str, score_T: np.ndarray, *, family: str = "lstm", dates: list[str] = DATES) -> Trial:
    scores = dict(zip(dates, score_T.tolist(), strict=True))
    result = {"test_score": float(score_T.mean()), "scores": scores, "returns": scores}
    return Trial(name, {"family": family, "number": name}, "finished", result=result)


def stopped(name: str, score_T: np.ndarray, *, family: str = "lstm") -> Trial:
    """Dropped by a race after its first, the newest fold."""
    scores = dict(zip(DATES[160:], score_T.tolist(), strict=True))
    rows = ({"score": 0.3, "best": 0.3, "fold": 1.0},)
    return Trial(name, {"family": family, "number": name}, "stopped", rows, {"scores": scores})


def ranked(trials: list[Trial], *defaults: str) -> Ranking:
    params = [trial.params for trial in trials if trial.id in defaults]
    return rank(trials, defaults=params, horizon=1)


def test_a_trial_with_few_scored_dates_loses_its_own_rank_and_nobody_elses():
    rng = np.random.default_rng(0)
    trials = [finished(str(number), rng.normal(0, 0.2, 240)) for number in range(5)]
    short = finished("short", rng.normal(9, 0.2, 12), dates=DATES[:12])
    rows = ranked([*trials, short]).rows()
    assert all(row.again is not None and not row.reason for row in rows[:5])
    assert (rows[5].trial, rows[5].again) == ("short", None)
    assert rows[5].reason == "not ranked: it has scores on 12 of the others' 240 dates"
    streams = returns_of([*trials, short])
    assert streams.columns == [trial.id for trial in trials]
    assert streams.height == 240


def test_a_date_that_one_trial_lacks_is_left_out_for_all():
    rng = np.random.default_rng(1)
    trials = [finished(str(number), rng.normal(0, 0.2, 240)) for number in range(4)]
    rows = ranked([*trials, finished("less", rng.normal(0, 0.2, 238), dates=DATES[2:])]).rows()
    assert all(row.again is not None for row in rows)


def test_why_trials_have_no_score_is_told_once_for_each_reason():
    rng = np.random.default_rng(6)
    trials = [finished(str(number), rng.normal(0, 0.2, 240)) for number in range(4)]
    dropped = [stopped(name, rng.normal(-1, 0.2, 80)) for name in ("a", "b")]
    lost = Trial("lost", {"family": "lstm", "number": "lost"}, "failed", error="MemoryError: none is left")
    assert endings(ranked([*trials, *dropped, lost]).rows()) == [
        "2 trials stopped: dropped after fold 1",
        "1 trial failed: MemoryError: none is left",
    ]


def test_what_dropped_trials_scored_lowers_what_is_expected_of_the_survivors():
    rng = np.random.default_rng(2)
    score_TM = rng.normal(0, 0.5, (240, 30))
    order_M = score_TM[160:].mean(axis=0).argsort()[::-1]
    left = [finished(str(number), score_TM[:, number]) for number in order_M[:5]]
    dropped = [stopped(str(number), score_TM[160:, number]) for number in order_M[5:]]
    alone, with_all = ranked(left).rows(), ranked([*left, *dropped]).rows(30)
    assert (with_all[0].again or 0.0) < (alone[0].again or 0.0) - 0.01
    assert [row.status for row in with_all] == ["finished"] * 5 + ["stopped"] * 25
    assert {row.reason for row in with_all[5:]} == {"dropped after fold 1"}


def test_the_winner_is_told_beside_the_defaults_of_another_family_where_its_own_won():
    rng = np.random.default_rng(3)
    trials = [
        finished("a", rng.normal(0.15, 0.2, 240)),
        finished("b", rng.normal(0, 0.2, 240), family="ridge"),
    ]
    trials += [finished(f"c{number}", rng.normal(0, 0.2, 240), family="ridge") for number in range(3)]
    ranking = ranked(trials, "a", "b")
    assert ranking.winner.id == "a"
    assert ranking.chances.beside == "ridge"
    assert (ranking.chances.defaults or 0.0) > 0.95
    assert (ranking.chances.next or 0.0) > 0.9
    assert not ranking.chances.unsure


def test_chances_between_families_come_true_on_average():
    rng, told, error = np.random.default_rng(4), [], 0.5 / np.sqrt(240)
    for _ in range(120):
        kind_M, true_M = np.arange(12) % 3, rng.normal(0, error, 12)
        true_M += rng.normal(0, error, 3)[kind_M]
        score_TM = true_M + rng.normal(0, 0.3, (240, 1)) + rng.normal(0, 0.5, (240, 12))
        trials = [finished(str(n), score_TM[:, n], family=f"family {kind_M[n]}") for n in range(12)]
        ranking = ranked(trials, "0", "1", "2")
        chances, winner = ranking.chances, int(ranking.winner.id)
        rival = int(chances.beside.split()[-1])
        after = int(ranking.trials[1].trial.id)
        told.append(
            (chances.defaults, true_M[winner] > true_M[rival], chances.next, true_M[winner] > true_M[after])
        )
    chance, came, chance_next, came_next = np.array(told, dtype=float).mean(axis=0)
    assert abs(chance - came) < 0.1
    assert abs(chance_next - came_next) < 0.1


def test_a_chance_that_cannot_be_told_has_its_reason():
    rng = np.random.default_rng(5)
    best, other = (finished(name, rng.normal(level, 0.2, 240)) for name, level in (("a", 0.2), ("b", 0.0)))
    failed = Trial("c", {"family": "ridge"}, "failed", error="it broke")
    for trials, defaults, why in (
        ([best, other], (), "none was tried"),
        ([best, other], ("a",), "the winner is the defaults itself"),
        ([best, other, failed], ("c",), "the defaults have no scores to be compared with: ridge failed"),
        ([best], (), "no other trial has scores to be compared with"),
    ):
        chances = ranked(trials, *defaults).chances
        assert chances.defaults is None
        assert why in chances.unsure
    plain = [Trial("a", {"family": "lstm"}, "finished", result={"test_score": 0.1, "returns": {}})]
    assert "no score by date" in ranked(plain).chances.unsure


def test_pbo_says_what_it_was_computed_of():
    rng = np.random.default_rng(6)
    trials = [finished(str(number), rng.normal(0, 0.2, 240)) for number in range(4)]
    trials.append(stopped("dropped", rng.normal(0, 0.2, 80)))
    lines = tell_luck(Searched(**measure_luck(trials, ranked(trials))))
    assert any(
        line.startswith("of the 4 that finished, the one with the highest Sharpe ratio") for line in lines
    )
    assert any(line.startswith("a chance is not told: no other defaults") for line in lines)


@pytest.mark.parametrize("objective", ["rmse", "mse", "ic"])
def test_what_was_measured_and_what_is_expected_again_are_in_one_unit(home, objective):
    """Of one trial alone nothing is luck that can be told: it is expected to do what it did."""
    experiment = small_experiment(search={"families": ["ridge"], "objective": objective})
    prices = read_prices(experiment, home)
    windows, _ = open_windows(experiment.spec, prices)
    folds, _ = split_for_search(experiment, windows)
    told: list[dict] = []
    params = {"family": "ridge"}
    run_trial(params, told.append, experiment=experiment, windows=windows, prices=prices, splits=folds)
    result = {key: told[-1][key] for key in ("test_score", "scores", "returns")}
    trial = Trial("one", params, "finished", result=result)
    (row,) = rank_trials(experiment, [trial]).rows()
    assert row.test is not None
    assert row.again == pytest.approx(row.test)
    mean = np.mean(list(result["scores"].values()))
    assert row.test == pytest.approx(-np.sqrt(-mean) if objective == "rmse" else mean)
