"""Asks of a candidate what each claim of its forecast is worth by itself, on the holdout and beside the rivals that
suit the claim. It decides nothing: the gate does, and the evidence keeps both."""

from __future__ import annotations

import polars as pl

from ml_core.claims.case import Case, Terms
from ml_core.claims.judge import claim_names, judge_claims
from ml_core.claims.verdict import ClaimVerdict
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.gate import rivals
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.judging import Evaluation
from ml_core.walkforward.trading import longest_traded, market_of


def weigh_claims(
    experiment: Experiment,
    candidate: Candidate,
    evaluation: Evaluation,
    baselines: dict[str, pl.DataFrame],
    volatility: pl.DataFrame,
    *,
    trials: float,
    looks: int = 1,
) -> tuple[ClaimVerdict, ...]:
    """A verdict for each claim at each horizon. Every look at this holdout makes luck likelier, so each must be the
    surer; `trials` are the independent ones among those that were tried."""
    names = experiment.gate.claims or claim_names()
    terms = terms_of(experiment, candidate.forecaster.spec.model.family)
    traded, refused = longest_traded(experiment), evaluation.risk["holdout"]["sharpe_reason"]
    case = Case(
        scored=evaluation.forecasts,
        rivals=baselines | _missing_rivals(experiment, candidate, baselines, terms, names),
        volatility=volatility,
        accounts={traded: evaluation.money["holdout"].accounts},
        unfit={traded: f"there is no Sharpe: {refused}"} if refused else {},
        periods_per_year=market_of(experiment, candidate.prices).periods_per_year,
        trials=trials,
        terms=terms,
    )
    return judge_claims(case, names, significance=experiment.gate.significance / looks)


def terms_of(experiment: Experiment, family: str) -> Terms:
    """Nobody is better than himself: a candidate that is one of its rivals faces the others, as at the gate."""
    usual, gate = Terms(), experiment.gate
    return Terms(
        level=rivals(gate.beat, family) or ("zero",),
        order=tuple(name for name in usual.order if name != family),
        range=tuple(name for name in usual.range if name != family) or ("ewma",),
        coverage=gate.coverage,
        coverage_tolerance=gate.coverage_tolerance,
    )


def _missing_rivals(
    experiment: Experiment,
    candidate: Candidate,
    baselines: dict[str, pl.DataFrame],
    terms: Terms,
    names: tuple[str, ...],
) -> dict[str, pl.DataFrame]:
    """Forecasts of the rivals of these claims that the experiment's own baselines do not hold."""
    needed = {"level": terms.level, "order": terms.order, "range": terms.range}
    wanted = dict.fromkeys(rival for name in names for rival in needed.get(name, ()))
    missing = tuple(rival for rival in wanted if rival not in baselines)
    if not missing:
        return {}
    return forecast_baselines(
        experiment, candidate.windows, candidate.split, beside=candidate.forecaster, names=missing
    )
