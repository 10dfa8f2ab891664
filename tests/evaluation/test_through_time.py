"""The information coefficient date by date, deciles and spreads equal obvious loops."""

import numpy as np
import polars as pl
import pytest

from ml_core.evaluation.deciles import DECILES, measure_deciles
from ml_core.evaluation.metrics import find_metric
from ml_core.evaluation.through_time import IC_THROUGH_TIME, measure_ic
from tests.evaluation.scored import make_scored


def both(**shape: int) -> pl.DataFrame:
    holdout = make_scored(**shape, seed=1, split="holdout").with_columns(pl.col("as_of").dt.offset_by("500d"))
    return pl.concat([make_scored(**shape), holdout])


def test_the_ic_of_a_date_is_that_of_its_tickers_and_their_mean_is_the_metric():
    scored = both(sessions=90)
    table = measure_ic(scored, window=30)
    assert table.schema == pl.Schema(IC_THROUGH_TIME)
    assert table.height == 180
    for split in ("test", "holdout"):
        part, told = scored.filter(split=pl.lit(split)), table.filter(split=pl.lit(split)).sort("as_of")
        day = part.filter(pl.col("as_of") == told["as_of"][40])
        assert told["ic"][40] == pytest.approx(np.corrcoef(day["mean"], day["realized"])[0, 1])
        assert told["ic"].mean() == pytest.approx(find_metric("ic")(part))
        assert told["rolling"][40] == pytest.approx(np.mean(told["ic"][11:41].to_list()))
        assert told["rolling"][:20].null_count() == 20
    assert set(table["over"]) == {"tickers"}


def test_with_few_tickers_the_rolling_value_is_over_the_sessions_of_each():
    scored = make_scored(sessions=100, tickers=2)
    table = measure_ic(scored, window=40).sort("as_of")
    assert set(table["over"]) == {"sessions"}
    assert table["ic"].null_count() == 100
    last = scored.filter(pl.col("as_of").is_in(table["as_of"][60:100].implode()))
    own = [np.corrcoef(rows["mean"], rows["realized"])[0, 1] for rows in last.partition_by("ticker")]
    assert table["rolling"][99] == pytest.approx(np.mean(own))


def test_rows_without_an_outcome_have_no_place_in_it():
    scored = make_scored(sessions=30)
    last = scored["as_of"].max()
    open_ = scored.with_columns(realized=pl.when(pl.col("as_of") < last).then("realized"))
    assert measure_ic(open_).height == 29
    assert measure_deciles(open_)["rows"].sum() == 29 * 8
    nothing = scored.with_columns(realized=pl.lit(None, pl.Float64))
    assert measure_ic(nothing).is_empty() and measure_deciles(nothing).is_empty()


def test_deciles_hold_equally_many_rows_in_the_order_of_the_forecast():
    scored = both(sessions=50)
    table = measure_deciles(scored, bins=10)
    assert table.schema == pl.Schema(DECILES)
    own = scored.filter(split=pl.lit("test")).sort("mean")
    told = table.filter(split=pl.lit("test"))
    assert told["bin"].to_list() == list(range(1, 11))
    for number, rows in enumerate(own.iter_slices(40)):
        assert told["rows"][number] == 40
        assert told["predicted"][number] == pytest.approx(rows["mean"].mean())
        assert told["realized"][number] == pytest.approx(rows["realized"].mean())
        assert told["low"][number] < told["realized"][number] < told["high"][number]


def test_an_honest_forecast_lies_on_the_diagonal():
    told = measure_deciles(make_scored(sessions=1500, signal=1.0))
    gap = (told["predicted"] - told["realized"]).abs()
    assert gap.max() < 0.0015
    slope = np.polyfit(told["predicted"], told["realized"], 1)[0]
    assert slope == pytest.approx(1.0, abs=0.05)
