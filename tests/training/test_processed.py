"""Exported rows are those that a fit learns from: same choice, same scaling, every part in its span."""

import json

import numpy as np
import polars as pl
import pytest
import torch
from typer.testing import CliRunner

from cli.line import app
from ml_core.features.scaling import Scaler
from ml_core.training.loop import Fitting
from ml_core.training.processed import process
from ml_core.walkforward.opening import open_windows, plan_folds
from tests.market import simulate_prices, small_experiment, write_experiment


@pytest.mark.parametrize("layout", ["pooled", "joint"])
def test_rows_are_scaled_as_the_network_sees_them(layout):
    experiment = small_experiment(task={"layout": layout}, features={"select": 2, "scaling": "robust"})
    windows, _ = open_windows(experiment.spec, simulate_prices())
    split = plan_folds(experiment, windows)[0]
    done, fitting = process(experiment.spec, windows, split), Fitting(experiment.spec, windows, split)
    assert done.features == fitting.inputs.features
    ticker, day = 3, windows.sessions.index(split.test.start)
    series = 0 if layout == "joint" else ticker
    x_F = fitting.layout.inputs_of(
        torch.tensor([series]), torch.tensor([day]), lookback=8, scaler=fitting.scaler
    )[0, -1].numpy()
    seen = x_F.reshape(6, -1)[ticker] if layout == "joint" else x_F
    row = done.table.filter(
        (pl.col("ticker") == windows.tickers[ticker]) & (pl.col("date") == split.test.start)
    )
    np.testing.assert_array_equal(row.select(done.features).to_numpy()[0], seen)


def test_every_part_lies_in_its_span_and_targets_come_back_as_returns():
    experiment = small_experiment()
    windows, _ = open_windows(experiment.spec, simulate_prices())
    split = plan_folds(experiment, windows)[-1]
    table = process(experiment.spec, windows, split).table
    spans = {"train": split.train, "validation": split.validation, "holdout": split.test}
    assert set(table["part"]) == set(spans)
    for part, span in spans.items():
        dates = table.filter(pl.col("part") == part)["date"]
        assert span.start == dates.min()
        assert span.end == dates.max()
    told = table.drop_nulls("return_3")
    np.testing.assert_allclose(told["target_3"] * told["unit_3"], told["return_3"], rtol=1e-5)
    closes = simulate_prices().filter(pl.col("ticker") == "ALFA").sort("date")
    ahead = closes.select("date", expected=(pl.col("close").shift(-3) / pl.col("close")).log())
    beside = told.filter(pl.col("ticker") == "ALFA").join(ahead, on="date")
    np.testing.assert_allclose(beside["return_3"], beside["expected"], rtol=1e-4, atol=1e-7)


def test_the_command_writes_a_file_a_fold_with_the_scaling_that_undoes_it(new_home, tmp_path):
    file, home = str(write_experiment(tmp_path)), str(new_home().root)
    assert CliRunner().invoke(app, ["refresh", file, "--home", home]).exit_code == 0
    out = tmp_path / "rows"
    done = CliRunner().invoke(app, ["export", file, "--home", home, "--out", str(out)])
    assert done.exit_code == 0, done.output
    told = json.loads((out / "export.json").read_text())
    assert [one["file"] for one in told] == ["test-0.parquet", "test-1.parquet", "holdout-2.parquet"]
    for one in told:
        table = pl.read_parquet(out / one["file"])
        assert dict(table.group_by("part").len().iter_rows()) == one["rows"]
        scaler = Scaler(**{name: np.array(values) for name, values in one["scaler"].items()})
        rows_RF = table.filter(pl.col("part") == "train").select(one["features"]).to_numpy()
        np.testing.assert_allclose(np.nanmean(rows_RF, axis=0), 0, atol=0.1)
        assert len(scaler.mean_F) == len(one["features"])
