"""The narrower intervals hold as many outcomes as they say, also where outcomes are no normal's."""

import numpy as np
import polars as pl
import pytest

from ml_core.evaluation.fan import LEVELS, fit_fan, measure_fan
from tests.evaluation.scored import make_scored


@pytest.mark.parametrize("degrees", [3, 30])
def test_they_hold_what_they_say_whatever_the_shape_of_the_errors(degrees):
    rng = np.random.default_rng(degrees)
    seen, later = rng.standard_t(degrees, (2, 20_000, 1))
    reach = np.full((20_000, 1), np.quantile(np.abs(seen), 0.9))
    share_HL = fit_fan(seen, reach, horizons=(1,))
    held = [float((np.abs(later) <= share * reach).mean()) for share in share_HL[0]]
    assert held == pytest.approx(LEVELS, abs=0.01)


def test_none_is_wider_than_the_interval_itself():
    error = np.linspace(1, 2, 200)[:, None]
    assert fit_fan(error, np.ones((200, 1)), horizons=(1,)).max() == 1.0


def test_what_they_held_is_counted_by_horizon_on_known_outcomes_only():
    near, far = make_scored(sessions=500), make_scored(sessions=500, horizon=5)
    unknown = near.with_columns(realized=pl.lit(None, pl.Float64))
    rows = measure_fan(pl.concat([near, unknown, far]), {1: [0.41, 0.78], 5: [0.41, 0.78]})
    assert [(row["horizon"], row["level"], row["rows"]) for row in rows] == [
        (1, 0.5, 4000), (1, 0.8, 4000), (5, 0.5, 4000), (5, 0.8, 4000),
    ]  # fmt: skip
    assert [row["coverage"] for row in rows] == pytest.approx([0.5, 0.8] * 2, abs=0.025)
