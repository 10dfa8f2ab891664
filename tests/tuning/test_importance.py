"""Which keys part good trials from others is told with errors, and not where too few were tried."""

from dataclasses import replace

import numpy as np

from ml_core.registry.trials import Trial
from tests.market import small_experiment
from tuning.importance import LEAST_TRIALS, weigh_keys

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
