"""Judges the winner of a search on the holdout once, registers it with its evidence, and gives it the champion's seat
if it has earned it; otherwise it is the challenger, with the reasons."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ml_core.data.source import open_source
from ml_core.home.settings import Home
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.gate import judge_candidate, measure_overfitting
from ml_core.promotion.sitter import face_sitter
from ml_core.promotion.weighing import weigh, write_down
from ml_core.registry.seats import CHALLENGER, CHAMPION, REFERENCE
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import NOBODY, Registry
from ml_core.spec.experiment import Experiment
from ml_core.spec.plain import plain
from ml_core.walkforward.judging import Evaluation


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
    registry, name = Registry(home), experiment.model_name
    earlier = earlier_looks(registry, experiment, candidate)
    looks = 1 + len(earlier)
    weighed = weigh(experiment, home, candidate, looks=looks, tried=tried(candidate, earlier))
    champion = registry.sitting(name, CHAMPION)
    sitter = face_sitter(
        experiment,
        registry,
        champion or registry.sitting(name, REFERENCE),
        weighed.case,
        prices=candidate.prices,
        split=candidate.split,
        looks=looks,
    )
    verdict = judge_candidate(
        experiment.gate,
        weighed.claims,
        findings=weighed.audit.findings,
        sitter=sitter,
        overfitting=measure_overfitting(candidate.streams),
    )
    evidence = write_down(experiment, home, weighed, verdict, role="candidate", now=now)
    version = registry.register(candidate.forecaster, name, evidence)
    if verdict.passed:
        registry.promote(
            name,
            version.version,
            instead_of=champion.version if champion else NOBODY,
            cause="promotion",
            why="proven at the gate",
        )
        registry.vacate(name, CHALLENGER)
    else:
        registry.seat(name, version.version, CHALLENGER, cause="refused")
    return Promotion(registry.find(name, version.version), weighed.evaluation, verdict.passed)


def earlier_looks(registry: Registry, experiment: Experiment, candidate: Candidate) -> list[ModelVersion]:
    """Other candidates of this model that were judged on this very holdout: each look at it makes a lucky pass
    likelier, so their number and their trials count against this one. What cannot be read says of no look, and the
    reference was chosen from nothing."""
    asked = (open_source(experiment).identity, candidate.split.test.start, candidate.split.test.end)
    own = plain(candidate.forecaster.spec)
    return [
        found
        for found in registry.versions(experiment.model_name)
        if found.readable
        and found.evidence.role == "candidate"
        and (found.evidence.store, found.evidence.holdout.start, found.evidence.holdout.end) == asked
        and plain(found.evidence.spec) != own
    ]


def tried(candidate: Candidate, earlier: list[ModelVersion]) -> int:
    """Trials of the search, and of those whose winners were judged on this holdout before."""
    return sum(search.trials for search in (candidate.search, *(found.evidence.search for found in earlier)))
