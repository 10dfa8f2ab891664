"""Keeps what was made again from a certificate as a version of this home, so that report, explanations and backtest
tell of it here as they do where it was signed. It sits in no seat: nobody here has chosen it."""

from __future__ import annotations

import datetime as dt

from ml_core.certificate.judged import JudgedAgain
from ml_core.certificate.sections import Certificate, Luck
from ml_core.home.settings import Home
from ml_core.promotion.card import card_of
from ml_core.promotion.weighing import write_down
from ml_core.registry.searched import Searched
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry


def keep_judged(signed: Certificate, judged: JudgedAgain, home: Home, *, now: dt.datetime) -> ModelVersion:
    """The version that was judged, with what was found of it here and what the gate answered there."""
    own, registry = signed.of_judged(), Registry(home)
    experiment, about = own.recipe.experiment, own.about
    written = write_down(experiment, judged.weighed, own.audit.gate, role=about.role, now=now)
    note = f"it was made again from the certificate of {about.model} version {about.version}"
    evidence = written.model_copy(update={"search": _searched(own.luck), "notes": (*written.notes, note)})
    return registry.register(
        judged.weighed.candidate.forecaster,
        experiment.model_name,
        evidence,
        card=card_of(experiment.model_name, evidence),
    )


def _searched(luck: Luck) -> Searched:
    """As much of the search as was signed. What all trials of the experiment count as is told of this search's by its
    part of them."""
    many = luck.trials > 1 and luck.tried
    return Searched(
        trials=luck.trials,
        independent=luck.independent * luck.trials / luck.tried if many else None,
        overfitting=luck.overfitting,
    )
