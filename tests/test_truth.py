"""An experiment on markets with a known answer: what is planted, how much of it is found, and how that is counted."""

import numpy as np
import polars as pl
import pytest

from ml_core.data.simulation.market import simulate
from ml_core.data.source import open_source
from ml_core.errors import InvalidInput
from ml_core.experiment import Experiment, Universe
from ml_core.features.regimes import filter_turbulence, fit_regimes
from ml_core.oracle import recovered
from ml_core.truth import check_kinds, make_universe, open_course, plant, score_learner
from tests.market import small_experiment

NAMES = ("gap_shock", "shock", "sector_shock", "sector_drift_10", "volume_shock", "regime_return")


def planted(kind: str, *, tickers: int = 24, sessions: int = 420, **market) -> Experiment:
    experiment = small_experiment(
        task={"lookback": 8, "horizons": [1]},
        features={"names": NAMES},
        validation={"train": 200, "holdout": 100, "expanding": True},
    )
    market = {"sessions": sessions, "ic": 0.5, **market}
    return plant(experiment, kind, seed=5, tickers=tickers, **market)


def test_a_market_is_laid_under_the_experiment_and_all_else_stays():
    before = small_experiment(universe={"benchmark": "SPY"})
    after = plant(before, "rank", seed=9, sessions=50, ic=None)
    config = open_source(after).config
    assert (config.signal, config.seed, config.sessions, config.ic) == ("rank", 9, 50, 0.3)
    assert after.universe.tickers == before.universe.tickers
    assert after.universe.benchmark is None
    assert after.spec == before.spec
    assert (after.validation, after.gate, after.name) == (before.validation, before.gate, "small-rank-9")


def test_made_up_tickers_are_dealt_to_sectors_and_known_ones_keep_theirs():
    own = Universe(tickers=("A", "B"), sectors={"A": "energy"})
    assert make_universe(own).sectors == {"A": "energy"}
    made = make_universe(own, 17)
    assert len(made.tickers) == 17
    assert len(set(made.sectors.values())) == 8


def test_a_kind_that_nobody_wrote_is_refused_with_the_nearest():
    assert check_kinds(()) == (
        "linear", "momentum", "none", "nonlinear", "rank", "regime", "volatility",
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="--kinds: unknown kind 'rankk'; did you mean 'rank'"):
        check_kinds(("rankk",))


@pytest.mark.parametrize(("kind", "least"), [("linear", 0.85), ("momentum", 0.7), ("rank", 0.6)])
def test_ridge_finds_what_is_a_line_in_its_features(kind, least):
    found = score_learner(open_course(planted(kind)), "ridge")
    assert found["ic"] > 0.3
    assert least < found["recovered"] < 1.05


def test_ridge_finds_nothing_of_an_interaction_nor_of_what_acts_later():
    for experiment in (planted("nonlinear"), planted("linear", delay=2)):
        assert abs(score_learner(open_course(experiment), "ridge")["recovered"]) < 0.25


def test_ranks_are_refused_for_the_oracle_knows_returns():
    experiment = planted("linear")
    of_ranks = experiment.task.model_copy(update={"target": "rank"})
    with pytest.raises(InvalidInput, match=r"task\.target 'rank': expected a return"):
        score_learner(open_course(experiment.model_copy(update={"task": of_ranks})), "zero")


def test_of_volatility_the_oracle_recovers_all_and_who_knows_all_but_the_signal_nothing():
    experiment = planted("volatility")
    course = open_course(experiment)
    source = open_source(experiment)
    truth = source.module.oracle(experiment.universe, source.config, (1,))
    rows_NT = course.windows.usable(8) & course.windows.rows(course.split.test)
    realized = course.windows.to_table(rows_NT, realized=course.windows.y_NTH * course.windows.unit_NTH)
    rows = realized.join(truth, on=["ticker", "as_of", "horizon"])
    noise = pl.Series(np.exp(np.random.default_rng(0).normal(0, 0.1, rows.height)))
    every = recovered(experiment, rows.with_columns(scale=2 * pl.col("scale") * noise), horizon=1)
    nothing = recovered(experiment, rows.with_columns(scale=pl.col("usual") * noise), horizon=1)
    assert every and nothing
    assert every["ic"] > 0.15
    assert every["recovered"] == pytest.approx(1.0, abs=0.05)
    assert nothing["recovered"] == pytest.approx(0.0, abs=0.05)


def test_what_depends_on_the_regime_is_found_by_who_filters_it_and_not_without():
    """The states of the market are learned on the first half and told day by day on the second (D14)."""
    config = open_source(planted("regime", sessions=1500)).config
    market = simulate(tuple(f"T{place:03d}" for place in range(60)), {}, "XNYS", config)
    mean_T, half = market.return_TN.mean(axis=1), 750
    turbulence_T = filter_turbulence(fit_regimes(mean_T[:half]), mean_T)
    gap_TN, told_TN = market.noise_TNK[half:, :, 0], market.signal_TN[half:]
    filtered_TN = (1 - 2 * turbulence_T[half:, None]) * gap_TN
    without, with_regimes = (np.corrcoef(one.ravel(), told_TN.ravel())[0, 1] for one in (gap_TN, filtered_TN))
    assert without < 0.7
    assert with_regimes > 0.8
