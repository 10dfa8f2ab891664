"""An experiment on markets with a known answer: what is planted, how much of it is found, and how that is counted."""

import numpy as np
import polars as pl
import pytest

from ml_core.data.simulation.market import SimulatedMarket, simulate
from ml_core.data.source import open_source
from ml_core.errors import InvalidInput
from ml_core.features.regimes import filter_turbulence, fit_regimes
from ml_core.features.table import build_features
from ml_core.spec.experiment import Experiment, Universe
from ml_core.walkforward.known_answers import (
    check_kinds,
    draw_prices,
    make_universe,
    open_course,
    plant,
    score_learner,
)
from ml_core.walkforward.oracle import recovered
from tests.market import small_experiment

NAMES = ("gap_shock", "shock", "sector_shock", "sector_drift_10", "volume_shock", "regime_return")


def planted(kind: str, *, tickers: int = 24, sessions: int = 420, seed: int = 5, **market) -> Experiment:
    experiment = small_experiment(
        task={"lookback": 8, "horizons": [1]},
        features={"names": NAMES},
        validation={"train": 200, "holdout": 100, "expanding": True},
    )
    market = {"sessions": sessions, "ic": 0.5, **market}
    return plant(experiment, kind, seed=seed, tickers=tickers, **market)


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
        "linear", "market", "momentum", "none", "nonlinear", "rank", "regime", "volatility",
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
    truth = source.provider.oracle(experiment.universe, source.config, (1,))
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


def test_what_depends_on_the_regime_is_found_through_features_of_the_regime_and_not_without():
    """A line in the gap, alone and times what is known of the regime that day; learned on the first half (D14)."""
    experiment = planted("regime", tickers=40, sessions=900, seed=9)
    config, universe = open_source(experiment).config, experiment.universe
    market = simulate(universe.tickers, universe.sectors, universe.calendar, config)
    table = build_features(draw_prices(experiment), ("dispersion", "regime_return")).table
    days = table.group_by("date").agg(pl.col("dispersion", "regime_return").first()).sort("date")
    half, returns_T = 450, days["regime_return"].to_numpy()
    turbulence_T = filter_turbulence(fit_regimes(returns_T[:half]), returns_T)
    known_TK = np.stack([np.ones(900), turbulence_T, days["dispersion"].fill_null(0.0).to_numpy()], axis=1)
    gap_TN = market.noise_TNK[:, :, 0]
    assert share_found(gap_TN[:, :, None], market, half) < 0.75
    assert share_found(gap_TN[:, :, None] * known_TK[:, None, :], market, half) > 0.8


def share_found(told_TNK: np.ndarray, market: SimulatedMarket, half: int) -> float:
    """Of the second half's signal, for the line through the returns of the first."""
    late, size = slice(half, None), told_TNK.shape[2]
    early = slice(1, half - 1)
    came_TN = market.return_TN[2:half] - market.return_TN[2:half].mean(axis=1, keepdims=True)
    slope_K = np.linalg.lstsq(told_TNK[early].reshape(-1, size), came_TN.ravel(), rcond=None)[0]
    return float(np.corrcoef((told_TNK[late] @ slope_K).ravel(), market.signal_TN[late].ravel())[0, 1])
