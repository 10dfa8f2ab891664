"""A case is made of what a walk through time gives, without a step between."""

from ml_core.claims.case import Case, Terms
from ml_core.claims.judge import judge_claims
from ml_core.forecaster.learners import complete
from ml_core.portfolio.opening import horizon_of, market_of
from ml_core.spec.experiment import Model, Reading, RunSpec
from ml_core.training.fit import fit
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.rows import forecast_split, tell_volatility
from ml_core.walkforward.trading import weigh
from tests.market import FEATURES, simulate_prices, small_experiment


def test_forecasts_baselines_and_accounts_of_a_walk_are_judged_as_they_come():
    experiment = small_experiment(validation={"train": 120, "holdout": 60}, gate={"beat": ["zero", "ewma"]})
    prices = simulate_prices()
    windows, _ = open_windows(experiment.spec, prices)
    split = plan_folds(experiment, windows)[-1]
    reading = Reading(lookback=8, features=experiment.features.model_copy(update={"names": FEATURES}))
    spec = RunSpec(task=experiment.task, reading=reading, model=complete(Model(family="ridge")), seed=0)
    forecasts = forecast_split(fit(spec, windows, split), windows, split)
    (comparison,) = weigh(experiment, prices, forecasts).values()
    case = Case(
        scored=forecasts,
        rivals=forecast_baselines(experiment, windows, split),
        volatility=tell_volatility(windows, split),
        accounts={horizon_of(experiment): comparison.accounts},
        periods_per_year=market_of(experiment, prices).periods_per_year,
        trials=3,
        terms=Terms(range=("ewma",)),
    )
    found = judge_claims(case)
    assert {one.standing for one in found} <= {"proven", "unproven", "not asked"}
    assert [one.claim for one in found if one.standing == "not asked"] == [
        "money"
    ]  # it is traded at one horizon
    assert all(one.dates >= 40 for one in found if one.standing != "not asked")
