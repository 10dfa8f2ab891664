"""Asks of a candidate what each claim of its forecast is worth by itself, on the holdout and beside the rivals that
suit the claim. It decides nothing: the gate does, and the evidence keeps both."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ml_core.claims.case import Case, Terms
from ml_core.claims.judge import judge_claims
from ml_core.claims.verdict import Verdict
from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.judging import Evaluation
from ml_core.walkforward.trading import horizon_of, market_of

ORDERS, SCALES = ("ewma", "last"), ("garch",)  # the rivals of an order and of a range


@dataclass(frozen=True)
class Asked:
    """One candidate on its holdout: who forecasts, what, and what the baselines of the experiment say there."""

    experiment: Experiment
    forecaster: Forecaster
    windows: Windows
    split: Split
    prices: pl.DataFrame
    baselines: dict[str, pl.DataFrame]
    volatility: pl.DataFrame


def weigh_claims(
    asked: Asked, evaluation: Evaluation, *, trials: float, looks: int = 1
) -> tuple[Verdict, ...]:
    """A verdict for each claim at each horizon. Every look at this holdout makes luck likelier, so each must be the
    surer; `trials` are the independent ones among those that were tried."""
    experiment = asked.experiment
    terms = terms_of(experiment, asked.forecaster.spec.model.family)
    case = Case(
        scored=evaluation.forecasts,
        rivals=asked.baselines | _missing_rivals(asked, terms),
        volatility=asked.volatility,
        accounts={horizon_of(experiment): evaluation.money["holdout"].accounts},
        periods_per_year=market_of(experiment, asked.prices).periods_per_year,
        trials=trials,
        terms=terms,
    )
    return judge_claims(
        case, experiment.gate.claims or None, significance=experiment.gate.significance / looks
    )


def terms_of(experiment: Experiment, family: str) -> Terms:
    """Nobody is better than himself: a candidate that is one of its rivals faces the others."""

    def others(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name != family)

    gate = experiment.gate
    return Terms(
        level=others(gate.beat) or ("zero",),
        order=others(ORDERS),
        range=others(SCALES) or ("ewma",),
        coverage=gate.coverage,
        coverage_tolerance=gate.coverage_tolerance,
    )


def _missing_rivals(asked: Asked, terms: Terms) -> dict[str, pl.DataFrame]:
    """Forecasts of those that the experiment's own baselines do not hold."""
    wanted = dict.fromkeys((*terms.level, *terms.order, *terms.range))
    missing = tuple(name for name in wanted if name not in asked.baselines)
    if not missing:
        return {}
    experiment = asked.experiment
    beside = experiment.model_copy(
        update={
            "validation": experiment.validation.model_copy(update={"baselines": missing}),
            "gate": experiment.gate.model_copy(update={"beat": ()}),
        }
    )
    tables = forecast_baselines(beside, asked.windows, asked.split, beside=asked.forecaster)
    return {name: tables[name] for name in missing}
