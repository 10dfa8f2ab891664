"""Each metric equals an obvious loop, or the well-kept library that has it."""

import math
from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from scipy import integrate, stats
from sklearn import metrics as sk

from ml_core.errors import InvalidData, InvalidInput
from ml_core.evaluation import metrics
from ml_core.evaluation.metrics import LEVEL, find_metric
from tests.evaluation.scored import make_scored


def rows_by(scored: pl.DataFrame, key: str) -> list[list[dict]]:
    groups = defaultdict(list)
    for row in scored.iter_rows(named=True):
        groups[row[key]].append(row)
    return list(groups.values())


def columns(rows: list[dict]) -> tuple[list[float], list[float]]:
    return [row["mean"] for row in rows], [row["realized"] for row in rows]


def crps_of(row: dict) -> float:
    """In closed form, with Python's own error function."""
    z = (row["realized"] - row["mean"]) / row["scale"]
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return row["scale"] * (z * math.erf(z / math.sqrt(2)) + 2 * density - 1 / math.sqrt(math.pi))


def pinball_of(row: dict) -> float:
    ends = ((0.05, row["realized"] - row["lower"]), (0.95, row["realized"] - row["upper"]))
    return sum(level * gap if gap > 0 else (level - 1) * gap for level, gap in ends) / 2


def of_price(row: dict) -> float:
    today = 70.0
    came = today * math.exp(row["realized"])
    return abs(today * math.exp(row["mean"]) - came) / came


LOOPS = {
    "mse": lambda row: (row["mean"] - row["realized"]) ** 2,
    "mae": lambda row: abs(row["mean"] - row["realized"]),
    "mape": of_price,
    "direction": lambda row: float((row["mean"] > 0) == (row["realized"] > 0)),
    "crps": crps_of,
    "pinball": pinball_of,
    "coverage": lambda row: float(row["lower"] <= row["realized"] <= row["upper"]),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_mean_over_rows_equals_an_obvious_loop(name):
    scored = make_scored(seed=4)
    each = [LOOPS[name](row) for row in scored.iter_rows(named=True)]
    assert find_metric(name)(scored) == pytest.approx(sum(each) / len(each), rel=1e-9)


def test_every_metric_has_a_loop_or_a_library_to_compare_with():
    others = {"rmse", "ic", "rank_ic", "icir"}  # below, with scikit-learn, numpy and scipy
    assert set(metrics.metric_names()) == {*LOOPS, *others}


def test_direction_equals_the_accuracy_of_scikit_learn():
    scored = make_scored(seed=5)
    up = [np.sign(scored[name].to_numpy()) for name in ("realized", "mean")]
    assert metrics.direction(scored) == pytest.approx(sk.accuracy_score(*up), rel=1e-12)


def test_errors_equal_those_of_scikit_learn():
    scored = make_scored()
    truth, guess = scored["realized"].to_numpy(), scored["mean"].to_numpy()
    assert metrics.mse(scored) == pytest.approx(sk.mean_squared_error(truth, guess), rel=1e-12)
    assert metrics.rmse(scored) == pytest.approx(sk.root_mean_squared_error(truth, guess), rel=1e-12)
    assert metrics.mae(scored) == pytest.approx(sk.mean_absolute_error(truth, guess), rel=1e-12)
    price = sk.mean_absolute_percentage_error(50 * np.exp(truth), 50 * np.exp(guess))
    assert metrics.mape(scored) == pytest.approx(price, rel=1e-12)


def test_pinball_equals_that_of_scikit_learn():
    scored = make_scored()
    truth, tail = scored["realized"].to_numpy(), (1 - LEVEL) / 2
    low = sk.mean_pinball_loss(truth, scored["lower"].to_numpy(), alpha=tail)
    high = sk.mean_pinball_loss(truth, scored["upper"].to_numpy(), alpha=1 - tail)
    assert metrics.pinball(scored) == pytest.approx((low + high) / 2, rel=1e-12)


def test_direction_equals_a_loop_and_a_forecast_of_nothing_is_a_coin():
    scored = make_scored(signal=1.0)
    right = [(row["mean"] > 0) == (row["realized"] > 0) for row in scored.iter_rows(named=True)]
    assert metrics.direction(scored) == pytest.approx(sum(right) / len(right), rel=1e-12)
    assert metrics.direction(scored.with_columns(mean=pl.lit(0.0))) == 0.5


def test_crps_equals_the_integral_that_defines_it():
    scored = make_scored(sessions=1, tickers=5)
    truth = []
    for row in scored.iter_rows(named=True):

        def gap(x: float, row=row) -> float:
            return (stats.norm.cdf(x, row["mean"], row["scale"]) - (x >= row["realized"])) ** 2

        parts = (integrate.quad(gap, *ends)[0] for ends in ((-0.2, row["realized"]), (row["realized"], 0.2)))
        truth.append(sum(parts))
    assert metrics.crps(scored) == pytest.approx(float(np.mean(truth)), rel=1e-6)


def test_coverage_counts_the_ends_as_inside():
    scored = make_scored(sessions=1, tickers=4).with_columns(
        lower=pl.lit(0.0), upper=pl.lit(1.0), realized=pl.Series([0.0, 1.0, 1.1, 0.5])
    )
    assert metrics.coverage(scored) == 0.75


def test_ic_is_the_mean_over_dates_of_the_correlation_across_tickers():
    scored = make_scored()
    dates = rows_by(scored, "as_of")
    ics = [np.corrcoef(*columns(rows))[0, 1] for rows in dates]
    ranked = [stats.spearmanr(*columns(rows)).statistic for rows in dates]
    assert metrics.ic(scored) == pytest.approx(np.mean(ics), rel=1e-10)
    assert metrics.rank_ic(scored) == pytest.approx(np.mean(ranked), rel=1e-10)
    assert metrics.icir(scored) == pytest.approx(np.mean(ics) / np.std(ics, ddof=1), rel=1e-10)


def test_rank_ic_gives_ties_their_mean_rank():
    scored = make_scored().with_columns(pl.col("mean", "realized").round(3))
    ranked = [stats.spearmanr(*columns(rows)).statistic for rows in rows_by(scored, "as_of")]
    assert metrics.rank_ic(scored) == pytest.approx(np.mean(ranked), rel=1e-10)


def test_with_few_tickers_ic_is_taken_over_the_time_of_each():
    scored = make_scored(tickers=3)
    over_time = [np.corrcoef(*columns(rows))[0, 1] for rows in rows_by(scored, "ticker")]
    ranked = [stats.spearmanr(*columns(rows)).statistic for rows in rows_by(scored, "ticker")]
    assert metrics.ic(scored) == pytest.approx(np.mean(over_time), rel=1e-10)
    assert metrics.rank_ic(scored) == pytest.approx(np.mean(ranked), rel=1e-10)
    assert math.isnan(metrics.icir(scored))


@pytest.mark.parametrize("tickers", [2, 8])
@pytest.mark.parametrize("constant", [0.0, 0.1 + 0.2, 1e-9])
def test_a_forecast_that_ranks_nothing_has_no_information(tickers, constant):
    scored = make_scored(tickers=tickers).with_columns(mean=pl.lit(constant))
    assert metrics.ic(scored) == 0.0
    assert metrics.rank_ic(scored) == 0.0


def test_several_horizons_are_not_mixed_within_a_date():
    near, far = make_scored(), make_scored(horizon=5, seed=1)
    both = pl.concat([near, far])
    assert metrics.ic(both) == pytest.approx((metrics.ic(near) + metrics.ic(far)) / 2, rel=1e-12)


def test_a_forecast_that_is_no_number_is_refused_by_name():
    scored = make_scored(sessions=2, tickers=2)
    bad = scored.with_columns(mean=pl.when(pl.col("ticker") == "T01").then(float("nan")).otherwise("mean"))
    with pytest.raises(InvalidData, match="T01"):
        metrics.mse(bad)
    with pytest.raises(InvalidData, match="share a key"):
        metrics.mse(pl.concat([scored, scored]))
    with pytest.raises(InvalidData, match="realized"):
        metrics.mse(scored.drop("realized"))


def test_an_unknown_metric_is_answered_with_the_nearest():
    with pytest.raises(InvalidInput, match="did you mean 'rank_ic'"):
        find_metric("rankic")
