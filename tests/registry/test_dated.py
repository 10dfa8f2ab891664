"""Numbers by date in few bytes: read like a dict, shared dates held once, and one thing to who flattens dicts."""

import pickle

import numpy as np
from ray.tune.utils.util import flatten_dict

from ml_core.registry.dated import DatedScores, values_on
from ml_core.registry.trials import keep_small

NUMBERS = {"2024-01-02": 0.5, "2024-01-03": -0.25}


def test_what_another_process_sends_is_what_was_kept():
    assert dict(pickle.loads(pickle.dumps(DatedScores(NUMBERS)))) == NUMBERS


def test_the_numbers_on_given_dates_are_read_in_their_order_and_are_nan_where_there_is_none():
    dated = DatedScores(NUMBERS)
    assert values_on(tuple(NUMBERS), dated).tolist() == [0.5, -0.25]
    assert values_on(("2024-01-03", "2024-01-02"), dated).tolist() == [-0.25, 0.5]
    np.testing.assert_equal(values_on(("2024-01-01", "2024-01-03"), NUMBERS), [np.nan, -0.25])


def test_tune_sees_one_value_where_a_trial_has_a_number_on_every_date():
    """Of every number it sees it would keep statistics: 1.6 MB a trial of 250 dates."""
    reported = flatten_dict(keep_small({"scores": NUMBERS, "test_score": 0.1}))
    assert set(reported) == {"scores", "test_score"}
