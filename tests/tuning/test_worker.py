"""A process that runs trials loads what a trial needs and no more: each of them pays for it, in seconds and memory."""

import pytest

from ml_core.walkforward.opening import open_windows
from tests.market import simulate_prices, small_experiment
from tuning.search import split_for_search

SPARED = {
    "scipy.stats", "scipy.signal", "sklearn", "statsmodels", "arch", "xgboost", "optuna", "mlflow", "sqlalchemy",
    "prefect", "gradio", "fastapi", "deltalake", "exchange_calendars", "yfinance", "matplotlib", "plotly",
    "typer", "torch._dynamo", "sympy", "tuning.runner", "tuning.sampler", "tuning.search", "tuning.ledger",
}  # fmt: skip


@pytest.mark.usefixtures("ray_cluster")
def test_a_worker_that_ran_a_trial_has_loaded_nothing_that_only_the_driver_needs():
    import ray

    experiment, prices = small_experiment(), simulate_prices()
    windows, _ = open_windows(experiment.spec, prices)
    folds, _ = split_for_search(experiment, windows)

    def run(experiment, table, windows, folds):  # known by value: workers need nothing of the tests
        import sys

        import polars as pl

        from tuning import worker

        told = []
        worker.run_trial(
            {"family": "lstm"}, told.append,
            experiment=experiment, windows=windows, prices=pl.DataFrame(table), splits=folds,
        )  # fmt: skip
        return told[-1]["finished"], set(sys.modules)

    remote = ray.remote(run).remote(experiment, prices.to_arrow(), windows, folds)
    finished, loaded = ray.get(remote)
    assert finished
    assert "tuning.worker" in loaded
    assert not SPARED & loaded
