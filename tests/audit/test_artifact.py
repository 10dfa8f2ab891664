"""A registered model is audited on the data version that it saw: what it says, and what it was taught."""

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest

from ml_core.audit.artifact import audit_forecaster, audit_model
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import data_version, read_prices
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home
from ml_core.panel.splits import Span
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.searched import Searched
from ml_core.registry.version import ModelVersion
from ml_core.spec.experiment import Model
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from tests.market import NOW, small_experiment

EXPERIMENT = small_experiment(model=Model(family="ridge"))


@pytest.fixture(scope="module")
def home(new_home) -> Home:
    made = new_home()
    refresh(EXPERIMENT, made, now=NOW)
    return made


def register(home: Home, *, taught_until: dt.date | None = None) -> ModelVersion:
    """A version; with `taught_until` its training went on into the holdout, which its recipe does not say."""
    version = data_version(EXPERIMENT, home)
    prices = read_prices(EXPERIMENT, home, version=version)
    windows, _ = open_windows(EXPERIMENT.spec, prices)
    split = plan_folds(EXPERIMENT, windows)[-1]
    taught = replace(split, train=Span(split.train.start, taught_until)) if taught_until else split
    candidate = Candidate(
        fit(EXPERIMENT.spec, windows, taught),
        windows,
        prices,
        version,
        split,
        pl.DataFrame(),
        Searched(trials=1),
    )
    return promote_candidate(EXPERIMENT, home, candidate, now=NOW).version


def test_an_honest_version_passes_in_every_stage(home):
    found = audit_model(register(home), home, dates=3)
    assert found.findings == ()
    counts = {(row["stage"], row["change"]): row["rows"] for row in found.counts()}
    for stage in ("features", "forecasts", "positions", "backtest"):
        assert counts[stage, "changed"] > 0
        assert counts[stage, "truncated"] > 0
    for stage in ("scaler", "parameters", "calibration", "feature choice"):
        assert counts[stage, "changed"] > 0


def test_a_version_that_was_taught_days_of_its_holdout_is_named(home):
    split = plan_folds(EXPERIMENT, open_windows(EXPERIMENT.spec, read_prices(EXPERIMENT, home))[0])[-1]
    found = audit_model(register(home, taught_until=split.test.end), home, dates=3)
    assert {"scaler", "parameters"} <= {one.stage for one in found.findings}
    assert {one.change for one in found.findings} == {"changed"}


def test_the_evidence_of_a_promotion_says_what_was_compared(home):
    told = register(home).evidence.audit
    assert {row.stage for row in told} == {"features", "forecasts", "positions", "backtest", "execution"}
    assert all(row.findings == 0 for row in told)
    assert sum(row.rows for row in told) > 500


@dataclass(frozen=True)
class Foreseeing(Forecaster):
    """Says a little more where the last close of the table is high."""

    def outputs(self, windows, rows_NT):
        mean_NTH, scale_NTH = super().outputs(windows, rows_NT)
        return mean_NTH + 1e-3 * np.float32(np.nanmean(windows.close_NT[:, -1])), scale_NTH


def test_a_forecaster_that_looks_at_the_last_row_is_refused_before_promotion(home):
    prices = read_prices(EXPERIMENT, home)
    windows, _ = open_windows(EXPERIMENT.spec, prices)
    split = plan_folds(EXPERIMENT, windows)[-1]
    honest = fit(EXPERIMENT.spec, windows, split)
    assert audit_forecaster(honest, EXPERIMENT, prices, split, dates=2).findings == ()
    leaking = Foreseeing(honest.components, honest.tickers, honest.calibration)
    found = audit_forecaster(leaking, EXPERIMENT, prices, split, dates=2).findings
    assert ("forecasts", "mean") in {(one.stage, one.column) for one in found}
    assert {"changed", "truncated"} <= {one.change for one in found}
