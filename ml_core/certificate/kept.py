"""Keeps what was made again from a certificate as a version of this home, so that report, explanations and backtest
tell of it here as they do where it was signed. It sits in no seat: nobody here has chosen it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from ml_core.certificate.judged import JudgedAgain
from ml_core.certificate.refitted import RefittedAgain
from ml_core.certificate.sections import Certificate, Luck, SignedVersion
from ml_core.forecaster.files import checksum
from ml_core.forecaster.forecaster import Forecaster
from ml_core.home.settings import Home
from ml_core.promotion.beside import look_at
from ml_core.promotion.card import card_of
from ml_core.promotion.refit import write_refit_down
from ml_core.promotion.weighing import write_down
from ml_core.registry.evidence import Evidence
from ml_core.registry.searched import Searched
from ml_core.registry.verdict import Verdict
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry

NUMBERED = re.compile(r"\bversion \d+")


def keep(
    signed: Certificate,
    judged: JudgedAgain,
    refitted: RefittedAgain | None,
    home: Home,
    *,
    now: dt.datetime,
) -> list[ModelVersion]:
    """The version that was judged, with what was found of it here and what the gate answered there; and its refit."""
    own, registry = signed.of_judged(), Registry(home)
    experiment = own.recipe.experiment
    written = write_down(experiment, judged.weighed, _gate(own), role=own.about.role, now=now)
    evidence = _noted(own, written.model_copy(update={"search": _searched(own.luck)}))
    kept = [_keep_once(registry, own, judged.forecaster, evidence)]
    if refitted:
        evidence = _noted(signed, _write_refit(signed, refitted, judged, kept[0], now))
        kept.append(_keep_once(registry, signed, refitted.made.forecaster, evidence))
    return kept


def _keep_once(
    registry: Registry, signed: SignedVersion, forecaster: Forecaster, evidence: Evidence
) -> ModelVersion:
    """It, or what was kept before of the same version that was signed."""
    name = signed.recipe.experiment.model_name
    known = (one for one in registry.versions(name) if _is(one, evidence.notes, signed.weights))
    return next(known, None) or registry.register(forecaster, name, evidence, card=card_of(name, evidence))


def _is(known: ModelVersion, notes: tuple[str, ...], weights: Mapping[str, str]) -> bool:
    """Made again from a version of that name and number, and the same to the byte: another signer may have one too."""
    return (
        known.readable
        and known.evidence.notes == notes
        and all(checksum(known.folder / name) == own for name, own in weights.items())
    )


def _gate(signed: SignedVersion) -> Verdict:
    """What the gate answered there. Whom it names by a number has that number there, and may have another here."""
    checks = [
        check.model_copy(update={"why": NUMBERED.sub(r"\g<0> (as signed)", check.why)})
        for check in signed.audit.gate.checks
    ]
    return signed.audit.gate.model_copy(update={"checks": tuple(checks)})


def _write_refit(
    signed: Certificate, refitted: RefittedAgain, judged: JudgedAgain, parent: ModelVersion, now: dt.datetime
) -> Evidence:
    """As the refit of the version that was judged, beside which it was laid here, whoever stood between them there."""
    since = signed.of_judged().recipe.split.test.start
    refit = look_at(refitted.made, judged.forecaster, parent.version, since=since)
    written = write_refit_down(
        refitted.made, refitted.data_version, parent, refit, refitted.audit, _gate(signed), now
    )
    return written.model_copy(update={"claims": refitted.claims})


def _noted(signed: Certificate, evidence: Evidence) -> Evidence:
    note = f"it was made again from the certificate of {signed.about.model} version {signed.about.version}"
    return evidence.model_copy(update={"notes": (*evidence.notes, note)})


def _searched(luck: Luck) -> Searched:
    """As much of the search as was signed. What all trials of the experiment count as is told of this search's by its
    part of them."""
    part = luck.trials / luck.tried if luck.tried and luck.trials > 1 else None
    return Searched(
        trials=luck.trials,
        independent=luck.independent * part if part else None,
        overfitting=luck.overfitting,
    )
