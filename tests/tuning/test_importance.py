"""Which keys part good trials from others is told with errors, beside chance, and not where too few were tried."""

from dataclasses import replace

import numpy as np
import pytest

from ml_core.registry.searched import Searched
from ml_core.registry.trials import Trial
from ml_core.reporting.luck import tell_keys
from tests.market import small_experiment
from tuning.importance import LEAST_TRIALS, compare_alike, weigh_keys
from tuning.ledger import Ledger
from tuning.ranking import rank_trials
from tuning.trials import describe

EXPERIMENT = small_experiment(
    search={
        "families": ["lstm"],
        "ranges": {"lstm.hidden": [8, 16, 32], "training.loss": ["mse", "student_t"]},
    }
)


def trial_of(number: int, rng: np.random.Generator) -> Trial:
    """Its score hangs on the learning rate alone."""
    rate = float(np.exp(rng.uniform(np.log(5e-4), np.log(1e-2))))
    params = {
        "family": "lstm", "training.learning_rate": rate, "training.loss": str(rng.choice(["mse", "student_t"])),
        "training.weight_decay": float(np.exp(rng.uniform(np.log(1e-5), np.log(0.1)))),
        "lstm.hidden": int(rng.choice([8, 16, 32])), "lstm.layers": int(rng.choice([1, 2])),
        "lstm.dropout": float(rng.uniform(0, 0.3)),
    }  # fmt: skip
    score = -abs(np.log(rate / 3e-3)) + rng.normal(0, 0.05)
    return Trial(str(number), params, "finished", ({"score": score},))


def test_the_key_that_the_score_hangs_on_comes_first_and_stands_out():
    rng = np.random.default_rng(0)
    first, second, *_ = weigh_keys(EXPERIMENT, [trial_of(number, rng) for number in range(80)])
    assert (first.family, first.key) == ("lstm", "training.learning_rate")
    assert first.share - 2 * first.error > second.share + 2 * second.error
    assert first.stands_out
    assert not second.stands_out
    assert "training.learning_rate: above what chance does" in tell_keys([first, second])


def test_where_scores_are_luck_a_key_stands_out_in_few_searches_and_the_share_by_chance_is_told():
    rng, searches = np.random.default_rng(1), []
    for _ in range(40):
        trials = [replace(trial_of(n, rng), history=({"score": rng.normal()},)) for n in range(40)]
        searches.append(weigh_keys(EXPERIMENT, trials))
    assert np.mean([any(key.stands_out for key in keys) for keys in searches]) <= 0.125
    quiet = next(keys for keys in searches if not any(key.stands_out for key in keys))
    assert tell_keys(quiet).startswith("no key is above what chance does")
    assert sum(key.chance for key in quiet) == pytest.approx(1.0)
    shares = {key: np.mean([one.share for keys in searches for one in keys if one.key == key]) for key in
              ("lstm.layers", "training.weight_decay")}  # fmt: skip
    told = {key.key: key.chance for key in quiet}
    assert all(abs(share - told[key]) < 0.1 for key, share in shares.items())


def test_trials_are_compared_after_the_same_epochs():
    """Who goes on reaches more; that says nothing of the key."""

    def trial(name, status, scores):
        rows = tuple({"score": one, "best": max(scores[: n + 1])} for n, one in enumerate(scores))
        return Trial(name, {"family": "lstm"}, status, rows)

    trials = [
        trial("a", "finished", [0.1, 0.2, 0.9]),
        trial("b", "stopped", [0.3, 0.2]),
        trial("c", "failed", [0.2]),
    ]
    assert compare_alike(trials) == {"a": 0.2, "b": 0.3, "c": 0.2}
    assert compare_alike(trials[:1]) == {"a": 0.9}


def test_trials_of_a_race_are_compared_on_its_first_fold():
    rows = ({"score": 0.1, "best": 0.1, "fold": 1.0}, {"score": 0.7, "best": 0.4, "fold": 2.0})
    trials = [Trial("a", {}, "finished", rows), Trial("b", {}, "stopped", rows[:1])]
    assert compare_alike(trials) == {"a": 0.1, "b": 0.1}


def test_too_few_trials_tell_nothing():
    rng = np.random.default_rng(0)
    assert weigh_keys(EXPERIMENT, [trial_of(number, rng) for number in range(LEAST_TRIALS - 1)]) == []


def test_trials_of_another_space_are_left_out():
    rng = np.random.default_rng(0)
    own = [trial_of(number, rng) for number in range(20)]
    other = [
        replace(one, params={**one.params, **extra})
        for one in own
        for extra in ({"task.lookback": 16}, {"training.learning_rate": 0.05})
    ]
    assert weigh_keys(EXPERIMENT, own + other) == weigh_keys(EXPERIMENT, own)


def test_what_is_kept_of_a_search_says_how_much_each_key_mattered():
    rng, ledger = np.random.default_rng(2), Ledger()
    for number in range(40):
        trial = trial_of(number, rng)
        ledger.report(trial.id, trial.params, {"epoch": 1, **trial.history[0]})
        ledger.report(trial.id, trial.params, {"finished": True, "test_score": trial.score, "returns": {}})
        ledger.close(trial.id)
    kept = describe(EXPERIMENT, ledger, rank_trials(EXPERIMENT, ledger.trials), folds=1, seconds=1.0)
    assert kept.keys == tuple(weigh_keys(EXPERIMENT, ledger.trials))
    assert kept.keys[0].key == "training.learning_rate"
    assert len(kept.head) == 30
    assert Searched.model_validate(kept.model_dump()) == kept
