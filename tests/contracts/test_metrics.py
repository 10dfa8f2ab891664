"""What every metric must keep, whichever is added to the file: found by its decorator."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_core.evaluation.metrics import LEVEL, find_metric, metric_names
from tests.evaluation.scored import make_scored

METRICS = [find_metric(name) for name in metric_names()]
by_name = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


def perfect(scored: pl.DataFrame) -> pl.DataFrame:
    """The forecast that knew: it says what came, and is sure of it."""
    known = pl.col("realized")
    return scored.with_columns(mean=known, lower=known, upper=known, scale=pl.lit(0.0))


def rate(metric, scored: pl.DataFrame) -> float:
    """The value as a number of which less is better."""
    value = metric(scored)
    return {"lower": value, "higher": -value, "level": abs(value - LEVEL)}[metric.better]


@by_name
def test_every_metric_says_which_way_is_better_and_what_it_is(metric):
    assert metric.better in ("lower", "higher", "level")
    assert metric.about
    assert find_metric(metric.name) is metric


@by_name
@pytest.mark.parametrize("tickers", [1, 8])
def test_a_perfect_forecast_is_best(metric, tickers):
    scored = make_scored(tickers=tickers)
    if metric.better == "level":
        narrow, wide = (
            scored.with_columns(lower=pl.col("mean") - by, upper=pl.col("mean") + by) for by in (0.004, 9)
        )
        assert rate(metric, scored) < min(rate(metric, narrow), rate(metric, wide))
        return
    if metric.name == "icir":
        knew_much = scored.with_columns(mean=pl.col("realized") + 0.1 * pl.col("mean"))
        assert metric(knew_much) > metric(scored) if tickers > 1 else np.isnan(metric(scored))
        return
    assert rate(metric, perfect(scored)) < rate(metric, scored)
    worse = perfect(scored).with_columns(pl.col("mean", "lower", "upper") * -1)
    assert rate(metric, perfect(scored)) < rate(metric, worse)


@by_name
@given(seed=st.integers(0, 10_000), tickers=st.sampled_from([1, 3, 6]))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_no_bit(metric, seed, tickers):
    scored = make_scored(sessions=12, tickers=tickers, seed=seed)
    shuffled = scored.sample(fraction=1.0, shuffle=True, seed=seed)
    np.testing.assert_array_equal(metric(scored), metric(shuffled))


@by_name
@given(seed=st.integers(0, 10_000), share=st.floats(0.05, 0.6))
@settings(max_examples=10, deadline=None)
def test_rows_without_an_outcome_are_left_out(metric, seed, share):
    scored = make_scored(sessions=20, seed=seed)
    unknown = np.random.default_rng(seed).random(scored.height) < share
    missing = pl.Series(np.where(unknown, np.nan, scored["realized"].to_numpy()))
    null = missing.fill_nan(None)
    kept = scored.filter(~pl.Series(unknown))
    for column in (missing, null):
        np.testing.assert_array_equal(metric(scored.with_columns(realized=column)), metric(kept))


@by_name
def test_nothing_scored_gives_no_number(metric):
    scored = make_scored(sessions=3)
    assert np.isnan(metric(scored.clear()))
    assert np.isnan(metric(scored.with_columns(realized=pl.lit(None, pl.Float64))))


@by_name
def test_a_loss_stands_beside_each_row_in_the_order_given(metric):
    if metric.row_loss is None:
        with pytest.raises(TypeError):
            metric.loss(make_scored(sessions=2))
        return
    scored = make_scored(sessions=10).sample(fraction=1.0, shuffle=True, seed=1)
    scored = scored.with_columns(realized=pl.when(pl.int_range(pl.len()) > 0).then("realized"))
    losses = metric.loss(scored)
    assert losses[0] is None
    assert losses.null_count() == 1
    worth = losses.mean() if metric.better == "lower" else -losses.mean()
    assert worth == pytest.approx(metric(scored), rel=1e-12)
    assert losses[5] == pytest.approx(metric.loss(scored[5:6])[0], rel=1e-12)
