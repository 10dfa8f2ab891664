"""Judges forecasts: their scores beside the baselines', where intervals held, and what trading would have earned."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ml_core.evaluation.coverage import measure_coverage
from ml_core.evaluation.scores import score
from ml_core.portfolio.comparison import Comparison
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.trading import weigh


@dataclass(frozen=True)
class Evaluation:
    """What a walk through time gave: SCORED forecasts, Scores, COVERAGE, and by split what trading them came to, with
    its summary."""

    forecasts: pl.DataFrame
    scores: pl.DataFrame
    coverage: pl.DataFrame
    money: dict[str, Comparison]
    risk: dict[str, dict]
    left_out: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def backtest(self) -> pl.DataFrame:
        """BACKTEST of the strategy, over all splits."""
        return pl.concat(one.backtest for one in self.money.values())


def judge(
    experiment: Experiment,
    prices: pl.DataFrame,
    forecasts: pl.DataFrame,
    baselines: dict[str, pl.DataFrame],
    volatility: pl.DataFrame,
    *,
    benchmark: pl.DataFrame | None = None,
    trials: int = 1,
) -> Evaluation:
    """Scores beside the baselines, where the intervals held, what trading would have earned after costs."""
    scores = score(forecasts, baselines)
    money = weigh(experiment, prices, forecasts, benchmark=benchmark, trials=trials)
    risk = {name: one.summary for name, one in money.items()}
    coverage = measure_coverage(forecasts, volatility)
    return Evaluation(forecasts, scores, coverage, money, risk)
