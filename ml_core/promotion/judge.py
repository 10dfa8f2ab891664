"""Judges the winner of a search on the holdout once, registers it with its evidence, and gives it the champion's seat
if it has earned it; otherwise it is the challenger, with the reasons."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ml_core.home.settings import Home
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.card import card_of
from ml_core.promotion.earlier import find_earlier
from ml_core.promotion.gate import judge_candidate, measure_overfitting
from ml_core.promotion.looks import pay_look
from ml_core.promotion.sitter import face_sitter
from ml_core.promotion.weighing import weigh, write_down
from ml_core.registry.seats import CHALLENGER, CHAMPION, NOBODY, REFERENCE
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment
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
    earlier = find_earlier(registry, experiment, candidate)
    paid = pay_look(home, experiment, candidate, now=now)
    weighed = weigh(experiment, home, candidate, paid=paid, tried=candidate.tried)
    champion = registry.sitting(name, CHAMPION)
    sitter = face_sitter(
        experiment,
        registry,
        champion or registry.sitting(name, REFERENCE),
        weighed.case,
        prices=candidate.prices,
        split=candidate.split,
        share=paid.share,
    )
    verdict = judge_candidate(
        experiment.gate,
        weighed.claims,
        findings=weighed.audit.findings,
        sitter=sitter,
        earlier=earlier,
        overfitting=measure_overfitting(candidate.streams),
    )
    evidence = write_down(experiment, weighed, verdict, role="candidate", now=now)
    version = registry.register(candidate.forecaster, name, evidence, card=card_of(name, evidence))
    if verdict.passed:
        registry.promote(
            name,
            version.version,
            instead_of=champion.version if champion else NOBODY,
            cause="promotion",
        )
        registry.vacate(name, CHALLENGER)
    else:
        registry.seat(name, version.version, CHALLENGER, cause="refused")
    return Promotion(registry.find(name, version.version), weighed.evaluation, verdict.passed)
