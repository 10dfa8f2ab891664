"""What made five public projects like this one report numbers that were not true, and why it cannot happen here.

One lost the look-back of every test window and reported a Sharpe of 4 over 18 days; one forecast t+1 from t-1; one had
an error of 2.6 times that of yesterday's price, with no baseline beside it to show it; one split a stacked panel by
row; one fitted its scaler on the test.
"""

import numpy as np
import polars as pl
import pytest

from ml_core.audit.alignment import audit_alignment
from ml_core.audit.stages import tell_targets
from ml_core.forecaster.networks import NetworkMember
from ml_core.spec.experiment import Model
from ml_core.training.fit import fit
from ml_core.training.processed import process
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.walk import evaluate
from tests.audit.leaks import late_target
from tests.market import prices_of, simulate_prices, small_experiment, walk

RIDGE = Model(family="ridge")


def test_no_test_window_loses_its_look_back_every_session_of_it_is_scored():
    experiment = small_experiment(
        model=RIDGE,
        task={"lookback": 60, "horizons": [1]},
        validation={"train": 80, "test": 20, "holdout": 30},
    )
    found = evaluate(experiment, simulate_prices())
    windows, _ = open_windows(experiment.spec, simulate_prices())
    for split in plan_folds(experiment, windows):
        inside = [date for date in windows.sessions if split.test.start <= date <= split.test.end]
        assert len(inside) == {"test": 20, "holdout": 30}[split.name] < experiment.task.lookback
        rows = found.forecasts.filter(fold=split.fold)
        assert sorted(rows["as_of"].unique()) == inside
        assert set(rows.group_by("as_of").len()["len"]) == {len(windows.tickers)}
    counted = found.scores.filter(metric=pl.lit("mse"), ticker=pl.lit("*"))
    assert dict(counted.select("split", "sessions").iter_rows()) == {"test": 40, "holdout": 29}
    assert dict(counted.select("split", "left_out").iter_rows()) == {"test": 0, "holdout": 6}  # not come yet


def test_a_sharpe_over_eighteen_days_is_refused():
    experiment = small_experiment(
        model=RIDGE, task={"horizons": [1]}, validation={"train": 100, "test": 18, "folds": 1, "holdout": 0}
    )
    (risk,) = evaluate(experiment, simulate_prices()).risk.values()
    assert risk["sharpe"] is None
    assert "a Sharpe needs 126" in risk["sharpe_reason"]


def test_sessions_between_test_spans_on_which_positions_are_only_held_earn_no_sharpe():
    experiment = small_experiment(
        model=RIDGE,
        task={"horizons": [1]},
        validation={"train": 100, "test": 6, "step": 45, "folds": 3, "holdout": 0},
    )
    (risk,) = evaluate(experiment, simulate_prices(sessions=400)).risk.values()
    assert risk["scored"] == 17  # the last forecast comes at the end of prices
    assert risk["sessions"] > 90
    assert risk["sharpe"] is risk["sharpe_low"] is risk["benchmark"]["sharpe"] is None
    assert risk["sharpe_reason"] == "17 periods are 17 scored sessions; a Sharpe needs 126"
    assert not any(level["sharpe"] for level in risk["costs"])


@pytest.mark.parametrize("horizon", [1, 5])
def test_a_target_is_the_return_after_its_row_and_one_off_by_one_is_named(horizon):
    experiment = small_experiment(task={"horizons": [horizon]})
    prices = prices_of(walk(sessions=60, tickers=6))
    windows, _ = open_windows(experiment.spec, prices)
    honest = audit_alignment(tell_targets(windows), prices, kind="return")
    assert honest.findings == ()
    assert honest.counts()[0]["rows"] == 6 * (59 - horizon)  # a first bar has no volatility yet
    shifted, _ = late_target(experiment.spec, prices)
    (found,) = audit_alignment(tell_targets(shifted), prices, kind="return").findings
    assert "targets: target up to" in str(found)
    assert "is not log(close h sessions later / close)" in str(found)
    assert found.first["ticker"] == "A"


@pytest.mark.parametrize("target", ["return", "excess", "rank"])
def test_every_kind_of_target_is_aligned_where_tickers_come_late_and_miss_days(target):
    close_TN = walk(sessions=80, tickers=6)
    close_TN[:30, 2] = np.nan
    close_TN[40:43, 4] = np.nan
    experiment = small_experiment(task={"horizons": [1, 5], "target": target})
    prices = prices_of(close_TN)
    windows, _ = open_windows(experiment.spec, prices)
    assert audit_alignment(tell_targets(windows), prices, kind=target).findings == ()


def test_no_score_stands_without_the_zero_forecast_beside_it_on_the_same_rows():
    experiment = small_experiment(model=RIDGE, validation={"baselines": []}, gate={"beat": []})
    scores = evaluate(experiment, simulate_prices()).scores.filter(
        pl.col("metric").is_in(["mse", "mae", "mape"])
    )
    for column in ("zero", "skill_zero", "p_zero"):
        assert scores[column].is_not_null().all()
    worse = scores.filter(pl.col("skill_zero") < 0)
    assert (worse["value"] > worse["zero"]).all()  # a forecast worse than the last price is told so


def test_a_panel_is_split_by_date_no_date_is_in_two_parts():
    experiment = small_experiment()
    windows, _ = open_windows(experiment.spec, simulate_prices())
    for split in plan_folds(experiment, windows):
        table = process(experiment.spec, windows, split).table
        parts = table.group_by("date").agg(pl.col("part").n_unique())
        assert set(parts["part"]) == {1}
        assert table["part"].n_unique() == 3
        per_date = table.filter(pl.col("part") != "train").group_by("date").len()
        assert set(per_date["len"]) == {len(windows.tickers)}


@pytest.mark.parametrize("scaling", ["standard", "minmax", "robust", "quantile"])
def test_the_scaler_of_a_network_is_fitted_on_training_rows_whatever_comes_after_them(scaling):
    brief = {"epochs": 1, "windows": 32}
    experiment = small_experiment(features={"scaling": scaling}, training=brief, task={"horizons": [1]})
    prices = simulate_prices()
    split = plan_folds(experiment, open_windows(experiment.spec, prices)[0])[0]
    later = pl.col("date") > split.train.end
    wild = prices.with_columns(
        (pl.when(later).then(pl.col(name) * (1 + pl.col("close") % 1)).otherwise(name)).alias(name)
        for name in ("open", "high", "low", "close", "volume")
    )
    scalers, inputs = [], []
    for some in (prices, wild, prices.filter(pl.col("date") < split.test.start)):
        windows, _ = open_windows(experiment.spec, some)
        (member,) = fit(experiment.spec, windows, split).members
        assert isinstance(member, NetworkMember)
        scalers.append(vars(member.scaler))
        inputs.append(windows.inputs(windows.features))
        done = process(experiment.spec, windows, split)
        assert all(np.array_equal(part, vars(done.scaler)[name]) for name, part in scalers[-1].items())
    assert not np.array_equal(inputs[0], inputs[1], equal_nan=True)
    for name in scalers[0]:
        assert len({scaler[name].tobytes() for scaler in scalers}) == 1
