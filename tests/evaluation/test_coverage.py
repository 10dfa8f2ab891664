"""Coverage is counted by horizon, by how volatile a ticker was, and by year."""

import polars as pl
import pytest

from ml_core.errors import InvalidData
from ml_core.evaluation.coverage import COVERAGE, measure_coverage
from tests.evaluation.scored import make_scored

SCORED = make_scored(sessions=500)
WILD = pl.col("ticker") < "T02"


def told(scored: pl.DataFrame = SCORED) -> pl.DataFrame:
    state = pl.when(WILD).then(pl.lit("wild")).otherwise(pl.lit("calm"))
    return scored.select("ticker", "as_of", volatility=state).unique()


def test_each_group_counts_its_own_rows():
    missed = SCORED.with_columns(upper=pl.when(WILD).then(pl.col("lower")).otherwise(pl.col("upper")))
    table = measure_coverage(missed, told())
    assert table.schema == COVERAGE
    by = {row["group"]: row for row in table.to_dicts()}
    assert list(by) == ["all", "calm", "wild", "2020", "2021"]
    assert by["wild"]["coverage"] == 0.0
    assert by["calm"]["coverage"] == pytest.approx(0.9, abs=0.02)
    assert by["wild"]["rows"] + by["calm"]["rows"] == by["all"]["rows"] == 4000
    assert by["2020"]["sessions"] == 366
    assert by["calm"]["low"] < by["calm"]["coverage"] < by["calm"]["high"]


def test_splits_and_horizons_stand_apart_and_unknown_outcomes_do_not_count():
    both = pl.concat([SCORED, make_scored(sessions=500, horizon=5, split="holdout")])
    late = both.with_columns(
        realized=pl.when(pl.col("as_of") > pl.col("as_of").max() - pl.duration(days=9))
        .then(None)
        .otherwise("realized")
    )
    table = measure_coverage(late, told(both)).filter(by="all")
    assert table.select("split", "horizon").rows() == [("holdout", 5), ("test", 1)]
    assert table["sessions"].to_list() == [491, 491]


def test_a_row_whose_volatility_is_not_told_is_named():
    with pytest.raises(InvalidData, match=r"no volatility state for \('T07'"):
        measure_coverage(SCORED, told().filter(pl.col("ticker") != "T07"))
