"""The table of evidence: identical rows, honest counts, intervals and p-values that agree with one another."""

import time

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ml_core.errors import InvalidData
from ml_core.evaluation.metrics import find_metric, metric_names
from ml_core.evaluation.scores import score, scores_schema
from tests.evaluation.loops import harvey_leybourne_newbold
from tests.evaluation.scored import baseline, make_scored


def row(table: pl.DataFrame, metric: str, ticker: str = "*") -> dict:
    """The only row of that metric."""
    return table.row(by_predicate=(pl.col("metric") == metric) & (pl.col("ticker") == ticker), named=True)


def test_there_is_one_row_per_split_horizon_and_metric():
    first = make_scored(split="test")
    later = make_scored(split="holdout").with_columns(pl.col("as_of").dt.offset_by("1y"))
    scored = pl.concat(
        [part.with_columns(horizon=pl.lit(h, pl.Int32)) for part in (first, later) for h in (1, 5)]
    )
    table = score(scored, {"zero": baseline(scored, 0)}, resamples=20)
    assert table.schema == pl.Schema(scores_schema(["zero"]))
    assert table.height == 4 * len(metric_names())
    assert not table.select("split", "ticker", "horizon", "metric").is_duplicated().any()


def test_every_value_is_the_metric_of_its_rows():
    scored = make_scored()
    zero = baseline(scored, 0)
    table = score(scored, {"zero": zero}, resamples=20)
    beside = scored.drop("mean").join(zero, on=["ticker", "as_of", "horizon"])
    for name in metric_names():
        found, metric = row(table, name), find_metric(name)
        assert found["value"] == metric(scored)
        if metric.needs:
            assert found["zero"] is found["p_zero"] is found["skill_zero"] is None
        else:
            np.testing.assert_equal(np.nan if found["zero"] is None else found["zero"], metric(beside))


def test_a_baseline_with_an_interval_is_scored_on_it():
    scored = make_scored()
    full = scored.select("ticker", "as_of", "horizon", "lower", "upper", "scale", mean=pl.lit(0.0))
    table = score(scored, {"zero": full}, resamples=20)
    for name in ("crps", "pinball", "coverage"):
        assert row(table, name)["zero"] == find_metric(name)(scored.with_columns(mean=pl.lit(0.0)))


def test_p_is_diebold_marianos_on_the_mean_loss_of_each_date():
    scored = make_scored(horizon=3, signal=0.1)
    zero = scored.with_columns(mean=pl.lit(0.0))
    table = score(scored, {"zero": baseline(scored, 0)}, resamples=20)
    ours, theirs = (
        frame.group_by("as_of").agg(((pl.col("mean") - pl.col("realized")) ** 2).mean()).sort("as_of")["mean"]
        for frame in (scored, zero)
    )
    _, p = harvey_leybourne_newbold(ours.to_list(), theirs.to_list(), horizon=3, lags=4)
    assert 0.01 < p < 0.99
    assert row(table, "mse")["p_zero"] == pytest.approx(p, rel=1e-9)
    assert row(table, "rmse")["p_zero"] == row(table, "mse")["p_zero"]  # the root keeps the order


def test_skill_is_the_share_of_the_error_that_is_gone():
    scored = make_scored(signal=1.0)
    full = scored.select(
        "ticker", "as_of", "horizon", lower="lower", upper=pl.col("upper") / 4, mean=pl.lit(0.001)
    )
    table = score(scored, {"up": full}, resamples=20)
    for name, best in (("mae", 0.0), ("mape", 0.0), ("direction", 1.0), ("pinball", 0.0), ("coverage", 0.9)):
        found = row(table, name)
        gone = 1 - abs(found["value"] - best) / abs(found["up"] - best)
        assert found["skill_up"] == pytest.approx(gone)
    for name in ("ic", "rank_ic", "icir"):
        assert row(table, name)["skill_up"] is None


def test_mape_is_of_the_price_that_the_return_implies():
    scored = make_scored(sessions=5)
    today = 50.0
    came, said = today * np.exp(scored["realized"].to_numpy()), today * np.exp(scored["mean"].to_numpy())
    assert row(score(scored, resamples=20), "mape")["value"] == pytest.approx(
        np.mean(np.abs(said - came) / came)
    )


def test_skill_and_p_tell_a_good_forecast_from_a_bad_one():
    scored = make_scored(sessions=300, signal=0.5)
    table = score(
        scored, {"zero": baseline(scored, 0), "same": baseline(scored, pl.col("mean"))}, resamples=50
    )
    found = row(table, "mse")
    assert found["skill_zero"] > 0.05
    assert found["p_zero"] < 0.001
    assert found["skill_same"] == 0.0
    assert found["p_same"] == 0.5
    bad = scored.with_columns(pl.col("mean") * -1)
    assert row(score(bad, {"zero": baseline(bad, 0)}, resamples=50), "mse")["p_zero"] > 0.999
    assert row(table, "ic")["p_zero"] < 0.001  # an ic of nothing is zero


def test_the_order_of_rows_changes_nothing():
    scored = make_scored()
    zero = baseline(scored, pl.col("realized").abs())
    mixed = [table.sample(fraction=1.0, shuffle=True, seed=1) for table in (scored, zero)]
    assert score(mixed[0], {"b": mixed[1]}, seed=3).equals(score(scored, {"b": zero}, seed=3))
    assert not score(scored, seed=4)["low"].equals(score(scored, seed=3)["low"])


def test_outcomes_not_yet_known_are_counted():
    scored = make_scored(sessions=30, tickers=8)
    last = scored["as_of"].max()
    open_ = scored.with_columns(realized=pl.when(pl.col("as_of") < last).then("realized"))
    table = score(open_, {"zero": baseline(scored, 0)}, resamples=20)
    assert table["sessions"].unique().to_list() == [29]
    assert table["rows"].unique().to_list() == [29 * 8]
    assert table["left_out"].unique().to_list() == [8]
    known = scored.filter(pl.col("as_of") < last)
    assert_frame_equal(
        table.drop("left_out"), score(known, {"zero": baseline(known, 0)}, resamples=20).drop("left_out")
    )


def test_a_split_without_any_outcome_has_rows_without_numbers():
    table = score(make_scored(sessions=3).with_columns(realized=pl.lit(None, pl.Float64)), resamples=20)
    assert table["value"].null_count() == table.height == len(metric_names())
    assert table["sessions"].unique().to_list() == [0]


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    inside = 0
    for seed in range(60):
        scored = make_scored(sessions=120, tickers=6, seed=seed)
        found = row(score(scored, metrics=["mse"], seed=seed, resamples=200), "mse")
        inside += found["low"] <= 1e-4 <= found["high"]
    assert 0.78 < inside / 60 <= 0.99


def test_other_rows_are_refused_by_name():
    scored = make_scored(sessions=5)
    zero = baseline(scored, 0)
    for wrong, message in (
        (zero.head(-1), "baseline zero: other rows; it lacks 1"),
        (pl.concat([zero, zero.head(1).with_columns(ticker=pl.lit("NEW"))]), "adds 1, first .*NEW"),
        (pl.concat([zero, zero.head(2)]), "some stand twice"),
        (zero.with_columns(mean=pl.lit(float("nan"))), "no finite mean"),
        (zero.drop("mean"), "missing column mean"),
    ):
        with pytest.raises(InvalidData, match=message):
            score(scored, {"zero": wrong})


def test_each_ticker_is_scored_when_asked():
    scored = make_scored(tickers=3)
    table = score(scored, {"zero": baseline(scored, 0)}, by_ticker=True, resamples=20)
    one = scored.filter(pl.col("ticker") == "T01")
    for name in ("mse", "direction", "ic"):
        found = row(table, name, ticker="T01")
        assert found["value"] == find_metric(name)(one)
        assert found["sessions"] == 40
    assert row(table, "ic", ticker="T01")["over"] == "time"
    assert set(table.filter(pl.col("ticker") == "T01")["metric"]) == {"mse", "direction", "ic"}


def test_half_a_million_rows_take_a_few_seconds():
    scored = make_scored(sessions=1000, tickers=500)
    began = time.process_time()
    score(scored, {"zero": baseline(scored, 0)})
    assert time.process_time() - began < 6
