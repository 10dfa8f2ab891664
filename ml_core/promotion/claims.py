"""Lays a candidate's holdout beside the rivals that suit each claim, and asks what each claim is worth by itself."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ml_core.baselines import BASELINES
from ml_core.claims.case import Case, Terms
from ml_core.claims.judge import judge_claims, rivals_of
from ml_core.claims.kind import claim_names
from ml_core.claims.verdict import ClaimVerdict
from ml_core.portfolio.opening import market_of
from ml_core.promotion.candidate import Candidate
from ml_core.spec.choices import names
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.judging import Evaluation
from ml_core.walkforward.trading import longest_traded


def weigh_claims(experiment: Experiment, case: Case, *, share: float) -> tuple[ClaimVerdict, ...]:
    """A verdict for each claim at each horizon, at the share of the gate's significance that this look may spend."""
    return judge_claims(case, _asked(experiment), significance=experiment.gate.significance * share)


def build_case(
    experiment: Experiment,
    candidate: Candidate,
    evaluation: Evaluation,
    baselines: dict[str, pl.DataFrame],
    volatility: pl.DataFrame,
    *,
    trials: float,
) -> Case:
    """All that claims are judged on; `trials` are the independent ones among those that were tried."""
    terms = terms_of(experiment, candidate.forecaster.spec.told)
    traded, refused = longest_traded(experiment), evaluation.risk["holdout"]["sharpe_reason"]
    case = Case(
        scored=evaluation.forecasts,
        rivals=baselines,
        volatility=volatility,
        accounts={traded: evaluation.money["holdout"].accounts},
        unfit={traded: f"there is no Sharpe: {refused}"} if refused else {},
        periods_per_year=market_of(experiment, candidate.prices).periods_per_year,
        trials=trials,
        terms=terms,
    )
    return replace(case, rivals=baselines | _missing_rivals(experiment, candidate, case))


def terms_of(experiment: Experiment, family: str) -> Terms:
    """Nobody is better than himself: a candidate that is one of its rivals faces the others. Several that answer as one
    are nobody else."""
    gate = experiment.gate
    others = {
        claim: tuple(name for name in named if name != family)
        for claim, named in vars(Terms()).items()
        if isinstance(named, tuple)
    }
    asked = {
        "level": rivals(gate.beat, family) or ("zero",),
        "coverage": gate.coverage,
        "coverage_tolerance": gate.coverage_tolerance,
        "deflated_sharpe": gate.deflated_sharpe,
    }
    return Terms.model_validate(others | asked)


def rivals(beat: tuple[str, ...], family: str) -> tuple[str, ...]:
    """Whom `level` faces. Better than itself nobody is: a baseline that the gate names must beat the others that it
    names, and zero in any case; a forecast of zero has itself to beat, and never does."""
    if family not in beat or family == "zero":
        return beat
    return tuple(dict.fromkeys(("zero", *(name for name in beat if name != family))))


def _asked(experiment: Experiment) -> tuple[str, ...]:
    return experiment.gate.claims or claim_names()


def _missing_rivals(experiment: Experiment, candidate: Candidate, case: Case) -> dict[str, pl.DataFrame]:
    """Forecasts of the rivals that the claims asked face and the experiment's own baselines do not hold. A rival that
    is no baseline, such as luck, has none."""
    faced = dict.fromkeys(rival for name in _asked(experiment) for rival in rivals_of(case, name))
    missing = tuple(rival for rival in faced if rival in names(BASELINES) and rival not in case.rivals)
    if not missing:
        return {}
    return forecast_baselines(
        experiment, candidate.windows, candidate.split, beside=candidate.forecaster, names=missing
    )
