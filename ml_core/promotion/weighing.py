"""Weighs a fitted model on its holdout, once: forecasts beside the baselines, what trading them came to, what each
claim is worth, and whether anything knew the future. Evidence is written from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from ml_core.audit.artifact import audit_forecaster
from ml_core.audit.rebuild import write_recipe
from ml_core.claims.case import Case
from ml_core.claims.verdict import ClaimVerdict
from ml_core.data.prices import read_benchmark
from ml_core.data.source import open_source
from ml_core.evaluation.fan import measure_fan
from ml_core.evaluation.leakage import Audit
from ml_core.home.settings import Home
from ml_core.portfolio.opening import horizon_of
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.claims import build_case, weigh_claims
from ml_core.promotion.gate import count_independent
from ml_core.promotion.looks import FREE, Paid
from ml_core.registry.evidence import Evidence, Holdout, Role, Trained
from ml_core.registry.verdict import Verdict
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.judging import Evaluation, judge
from ml_core.walkforward.oracle import recovered
from ml_core.walkforward.rows import forecast_split, tell_volatility

AUDITED_DATES = 2


@dataclass(frozen=True)
class Weighed:
    """What was found of a candidate before anybody decided."""

    candidate: Candidate
    evaluation: Evaluation
    case: Case
    claims: tuple[ClaimVerdict, ...]
    audit: Audit
    paid: Paid


def weigh(
    experiment: Experiment,
    home: Home,
    candidate: Candidate,
    *,
    paid: Paid = FREE,
    tried: int = 0,
    independent: float | None = None,
) -> Weighed:
    """`paid`: what this look may spend; `tried`: how many trials this experiment's candidates were chosen from, and
    `independent`: how many independent ones those amount to, where it is known without the candidate's streams."""
    split, forecaster = candidate.split, candidate.forecaster
    windows = forecaster.narrow(candidate.windows)
    baselines = forecast_baselines(experiment, windows, split, beside=forecaster)
    volatility = tell_volatility(windows, split)
    evaluation = judge(
        experiment,
        candidate.prices,
        forecast_split(forecaster, windows, split),
        baselines,
        volatility,
        benchmark=read_benchmark(experiment, home, version=candidate.data_version),
        trials=max(tried, 1),
    )
    audit = audit_forecaster(forecaster, experiment, candidate.prices, split, dates=AUDITED_DATES)
    if independent is None:
        independent = count_independent(candidate.streams, tried=tried)
    case = build_case(experiment, candidate, evaluation, baselines, volatility, trials=independent)
    claims = weigh_claims(experiment, case, share=paid.share)
    return Weighed(candidate, evaluation, case, claims, audit, paid)


def write_down(
    experiment: Experiment, weighed: Weighed, verdict: Verdict, *, role: Role, now: dt.datetime
) -> Evidence:
    """All that the version is to be known by."""
    horizon = horizon_of(experiment)
    return Evidence.model_validate(
        {
            **_facts(experiment, weighed, now),
            "role": role,
            "looks": weighed.paid.number,
            "share": weighed.paid.share,
            "independent": weighed.case.trials,
            "oracle": recovered(experiment, weighed.evaluation.forecasts, horizon=horizon),
            "audit": weighed.audit.counts(),
            "gate": verdict,
            "claims": weighed.claims,
        }
    )


def _facts(experiment: Experiment, weighed: Weighed, now: dt.datetime) -> dict[str, Any]:
    candidate, evaluation = weighed.candidate, weighed.evaluation
    split, forecaster, holdout = candidate.split, candidate.forecaster, evaluation.forecasts
    return {
        "experiment": experiment.name,
        "digest": experiment.digest(),
        "source": experiment.data.source,
        "store": open_source(experiment).identity,
        "data_version": candidate.data_version,
        "created": now.replace(microsecond=0),
        "trained": Trained(start=split.train.start, end=split.train.end),
        "holdout": Holdout(
            start=split.test.start,
            end=split.test.end,
            sessions=holdout["as_of"].n_unique(),
            rows=holdout.height,
        ),
        "spec": forecaster.spec,
        "recipe": write_recipe(experiment, split),
        "features": forecaster.features,
        "choice": forecaster.choice,
        "tickers": forecaster.tickers,
        "notes": forecaster.notes,
        "search": candidate.search,
        "scores": evaluation.scores.to_dicts(),
        "coverage": evaluation.coverage.to_dicts(),
        "fan": measure_fan(holdout, forecaster.inner),
        "backtest": evaluation.risk["holdout"],
    }
