"""What `evaluate` writes: every number of a figure stands in the table beside it, and nothing global is touched."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from ml_core.evaluation.metrics import LEVEL, metric_names
from ml_core.reporting.curves import build_curves
from ml_core.reporting.evaluation import write_evaluation
from ml_core.reporting.information import pick_horizons
from ml_core.reporting.trading import gather, name_accounts
from ml_core.spec.experiment import Model
from ml_core.walkforward.beside import baselines_beside, forecast_baselines
from ml_core.walkforward.judging import Evaluation
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.walk import evaluate
from tests.market import simulate_prices, small_experiment

EXPERIMENT = small_experiment(
    model=Model(family="ridge"), validation={"train": 60, "test": 30, "holdout": 60}
)
TABLES = ("scores.csv", "coverage.csv", "ic.csv", "deciles.csv", "risk.csv", "costs.csv")
FIGURES = ("equity.png", "ic.png", "calibration.png", "costs.png")


@pytest.fixture(scope="module")
def found() -> Evaluation:
    return evaluate(EXPERIMENT, simulate_prices())


@pytest.fixture(scope="module")
def folder(found, tmp_path_factory):
    out = tmp_path_factory.mktemp("evaluation")
    files = write_evaluation(EXPERIMENT, found, out)
    assert sorted(files) == sorted(path.name for path in out.iterdir())
    assert {*TABLES, *FIGURES, "forecasts.parquet", "backtest.parquet", "positions.parquet"} <= set(files)
    return out


def test_tables_are_those_of_the_run_and_say_how_many_sessions_were_scored(found, folder):
    scores = pl.read_csv(folder / "scores.csv")
    assert scores.height == found.scores.height
    np.testing.assert_allclose(scores["value"].to_numpy(), found.scores["value"].to_numpy(), rtol=1e-12)
    assert (scores["sessions"] > 0).all()
    for name in ("coverage", "deciles"):
        assert (pl.read_csv(folder / f"{name}.csv")["sessions"] > 0).all()
    risk = pl.read_csv(folder / "risk.csv").filter(account=pl.lit("strategy"), metric=pl.lit("sessions"))
    assert dict(risk.select("split", "value").iter_rows()) == {
        split: one.backtest.height for split, one in found.money.items()
    }
    assert set(pl.read_csv(folder / "costs.csv")["split"]) == {"test", "holdout"}


EMPTY = {"ic": {"skill_"}, "rank_ic": {"skill_"}, "icir": {"skill_", "p_"}, "coverage": {"p_"}}


def test_every_metric_has_a_number_beside_every_baseline_but_where_the_docs_say_why(found):
    """docs/evidence.md, Scores: correlations have no skill, coverage and icir no p, zero no icir, and nothing has
    skill beside what makes no error."""
    baselines = baselines_beside(EXPERIMENT)
    assert {"zero", "mean", "ewma", "ridge"} <= set(baselines)
    assert set(found.scores["metric"]) == set(metric_names())
    for row in found.scores.iter_rows(named=True):
        for name in baselines:
            explained = set(EMPTY.get(row["metric"], ()))
            if (row["metric"], name) == ("icir", "zero"):
                explained.add("")
            if row["metric"] == "coverage" and row[name] == LEVEL:
                explained.add("skill_")
            empty = {kind for kind in ("", "skill_", "p_") if row[f"{kind}{name}"] is None}
            assert empty == explained, (row["split"], row["horizon"], row["metric"], name)


def test_a_baselines_interval_is_a_normals_of_its_mean_and_scale():
    prices = simulate_prices()
    windows, _ = open_windows(EXPERIMENT.spec, prices)
    split = plan_folds(EXPERIMENT, windows)[-1]
    for table in forecast_baselines(EXPERIMENT, windows, split).values():
        mean, scale = table["mean"].to_numpy(), table["scale"].to_numpy()
        for side, chance in (("lower", 0.05), ("upper", 0.95)):
            np.testing.assert_allclose(table[side], norm.ppf(chance, mean, scale), rtol=1e-4, atol=1e-9)


def test_figures_are_pictures(folder):
    for name in FIGURES:
        content = (folder / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > 10_000


def test_the_same_evaluation_gives_the_same_files(found, folder, tmp_path):
    write_evaluation(EXPERIMENT, found, tmp_path)
    for path in folder.iterdir():
        if path.suffix != ".parquet":
            assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_curves_end_where_the_risk_says_and_fall_as_deep(found):
    tables = gather(found.money)
    names = name_accounts(EXPERIMENT, tables["accounts"])
    curves = build_curves(tables["accounts"], names)
    assert next(iter(names)) == "strategy"
    for split in ("test", "holdout"):
        for account, name in names.items():
            curve = curves.filter(split=pl.lit(split), name=pl.lit(name))
            told = dict(
                tables["risk"]
                .filter(split=pl.lit(split), account=pl.lit(account))
                .select("metric", "value")
                .iter_rows()
            )
            assert curve["equity"][-1] - 1 == pytest.approx(told["cumulative"], abs=1e-12)
            assert curve["drawdown"].min() == pytest.approx(told["max_drawdown"], abs=1e-12)
            assert curve.height == told["sessions"]


def test_four_horizons_are_picked_with_the_nearest_and_the_farthest():
    assert pick_horizons([1, 5]) == [1, 5]
    assert pick_horizons(list(range(1, 31))) == [1, 11, 20, 30]


def test_drawing_never_touches_pyplot_and_commands_start_without_matplotlib():
    code = (
        "import sys, cli.line, cli.commands.evaluate, ml_core.reporting.evaluation as e\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from ml_core.reporting.style import new_figure\n"
        "new_figure(3).subplots()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
