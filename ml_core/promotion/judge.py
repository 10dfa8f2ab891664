"""Scores a refitted candidate on the holdout once, audits it, asks the gate, registers it with its evidence, and
makes it champion if it passed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from ml_core.audit.artifact import audit_forecaster
from ml_core.audit.rebuild import write_recipe
from ml_core.data.prices import data_version, read_benchmark
from ml_core.data.source import open_source
from ml_core.errors import BrokenArtifact, InvalidInput, NoChampion
from ml_core.home.settings import Home
from ml_core.promotion import gate
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.claims import weigh_claims
from ml_core.registry.evidence import Evidence, Holdout, Trained
from ml_core.registry.versions import NOBODY, ModelVersion, Registry
from ml_core.spec.experiment import Experiment
from ml_core.spec.plain import plain
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.judging import Evaluation, judge
from ml_core.walkforward.oracle import recovered
from ml_core.walkforward.rows import forecast_split, tell_volatility
from ml_core.walkforward.trading import horizon_of

AUDITED_DATES = 2


@dataclass(frozen=True)
class Promotion:
    """What became of a candidate."""

    version: ModelVersion
    evaluation: Evaluation
    promoted: bool


def promote_candidate(
    experiment: Experiment, home: Home, candidate: Candidate, *, now: dt.datetime
) -> Promotion:
    """Register every candidate with its evidence; move `champion` only if every check is passed."""
    registry = Registry(home)
    split = candidate.split
    windows = candidate.windows.read_as(candidate.forecaster.spec.reading.features)
    forecasts = forecast_split(candidate.forecaster, windows, split)
    baselines = forecast_baselines(experiment, windows, split, beside=candidate.forecaster)
    benchmark = read_benchmark(experiment, home)
    volatility = tell_volatility(windows, split)
    earlier = earlier_looks(registry, experiment, candidate)
    evaluation = judge(
        experiment,
        candidate.prices,
        forecasts,
        baselines,
        volatility,
        benchmark=benchmark,
        trials=tried(candidate, earlier),
    )
    horizon = horizon_of(experiment)
    present = find_champion(registry, experiment.model_name)
    audit = audit_forecaster(candidate.forecaster, experiment, candidate.prices, split, dates=AUDITED_DATES)
    checks = gate.judge_candidate(
        experiment.gate,
        evaluation.scores,
        horizon=horizon,
        luck=_luck(candidate, earlier),
        looks=1 + len(earlier),
        findings=list(audit.findings),
        family=candidate.forecaster.spec.model.family,
        against_champion=_against(registry, present, candidate, forecasts, horizon=horizon),
    )
    verdict = gate.as_evidence(checks)
    independent = gate.count_independent(candidate.streams, tried=tried(candidate, earlier))
    claims = weigh_claims(
        experiment,
        candidate,
        evaluation,
        baselines,
        volatility,
        trials=independent,
        looks=1 + len(earlier),
    )
    evidence = Evidence.model_validate(
        {
            **_facts(experiment, home, candidate, evaluation, now),
            "looks": 1 + len(earlier),
            "oracle": recovered(experiment, forecasts, horizon=horizon),
            "audit": audit.counts(),
            "gate": verdict,
            "claims": claims,
        }
    )
    version = registry.register(candidate.forecaster, experiment.model_name, evidence)
    if verdict.passed:
        registry.promote(
            experiment.model_name, version.version, instead_of=present.version if present else NOBODY
        )
        version = registry.find(experiment.model_name, version.version)
    return Promotion(version, evaluation, verdict.passed)


def find_champion(registry: Registry, name: str) -> ModelVersion | None:
    try:
        return registry.find(name)
    except NoChampion:
        return None


def earlier_looks(registry: Registry, experiment: Experiment, candidate: Candidate) -> list[ModelVersion]:
    """Other candidates of this model that were judged on this very holdout: each look at it makes a lucky pass
    likelier, so their number and their trials count against this one. What cannot be read says of no look."""
    asked = (open_source(experiment).identity, candidate.split.test.start, candidate.split.test.end)
    own = plain(candidate.forecaster.spec)
    return [
        found
        for found in registry.versions(experiment.model_name)
        if found.readable
        and (found.evidence.store, found.evidence.holdout.start, found.evidence.holdout.end) == asked
        and plain(found.evidence.spec) != own
    ]


def tried(candidate: Candidate, earlier: list[ModelVersion]) -> int:
    """Trials of the search, and of those whose winners were judged on this holdout before."""
    return sum(search.trials for search in (candidate.search, *(found.evidence.search for found in earlier)))


def _luck(candidate: Candidate, earlier: list[ModelVersion]) -> gate.Luck | None:
    if candidate.streams.is_empty():
        return None
    return gate.weigh_luck(candidate.streams, tried=tried(candidate, earlier))


def _against(
    registry: Registry,
    present: ModelVersion | None,
    candidate: Candidate,
    forecasts: pl.DataFrame,
    *,
    horizon: int,
) -> dict[str, float] | None:
    """The present champion on the same rows; one that cannot answer them stands in nobody's way."""
    if present is None:
        return None
    try:
        rival = registry.load(present)
        windows = rival.read(candidate.prices)
        rows_NT = windows.usable(rival.lookback) & windows.rows(candidate.split.test)
        return gate.compare(forecasts, rival.forecast(windows, rows_NT), horizon=horizon)
    except (BrokenArtifact, InvalidInput):
        return None


def _facts(
    experiment: Experiment, home: Home, candidate: Candidate, evaluation: Evaluation, now: dt.datetime
) -> dict[str, Any]:
    split, forecaster = candidate.split, candidate.forecaster
    holdout = evaluation.forecasts
    return {
        "experiment": experiment.name,
        "digest": experiment.digest(),
        "source": experiment.data.source,
        "store": open_source(experiment).identity,
        "data_version": data_version(experiment, home),
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
        "backtest": evaluation.risk["holdout"],
    }
