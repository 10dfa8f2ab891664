"""Points that are spread evenly: over families, over listed values, and along every range."""

import numpy as np

from ml_core.spec.ranges import LogUniform, OneOf, Uniform
from tuning.quasi_random import quasi_random_params

SPACE = {
    "lstm": {"training.learning_rate": LogUniform(1e-4, 1e-2), "lstm.hidden": OneOf(16, 32, 64, 128)},
    "ridge": {"ridge.share": Uniform(0.0, 1.0)},
}


def test_families_values_and_ranges_are_covered_evenly():
    points = quasi_random_params(SPACE, 64, seed=0)
    lstm = [point for point in points if point["family"] == "lstm"]
    assert len(lstm) == 32
    hidden = [point["lstm.hidden"] for point in lstm]
    assert all(6 <= hidden.count(value) <= 10 for value in (16, 32, 64, 128))
    rates = np.log10([point["training.learning_rate"] for point in lstm])
    assert np.histogram(rates, bins=4, range=(-4, -2))[0].min() >= 6
    assert set(lstm[0]) == {"family", "training.learning_rate", "lstm.hidden"}


def test_more_points_begin_with_the_same_ones_and_another_seed_draws_others():
    assert quasi_random_params(SPACE, 50, seed=3)[:10] == quasi_random_params(SPACE, 10, seed=3)
    assert quasi_random_params(SPACE, 10, seed=3) != quasi_random_params(SPACE, 10, seed=4)
