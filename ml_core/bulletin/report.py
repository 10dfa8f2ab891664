"""Builds the report of a version: one document, from what the registry, the ledgers and the store hold. Nothing is
scored, fitted or moved for it."""

from __future__ import annotations

from ml_core.bulletin.parts.again import tell_again
from ml_core.bulletin.parts.calibrated import tell_calibration
from ml_core.bulletin.parts.explained import tell_explained
from ml_core.bulletin.parts.first import tell_first
from ml_core.bulletin.parts.judged import tell_holdout
from ml_core.bulletin.parts.limits import tell_limits
from ml_core.bulletin.parts.lived import tell_live
from ml_core.bulletin.parts.money import tell_money
from ml_core.bulletin.parts.risk import tell_risk
from ml_core.bulletin.parts.searched import tell_search
from ml_core.bulletin.parts.standing import tell_breaches, tell_forecasts, tell_standing
from ml_core.bulletin.parts.stored import tell_data
from ml_core.bulletin.replay import replay
from ml_core.bulletin.subject import ReportSubject
from ml_core.reporting.document.document import Document


def build_report(subject: ReportSubject) -> Document:
    again = replay(subject)
    return Document(
        title=f"{subject.order.experiment.name}: what its forecasts are worth",
        subtitle=_tell_whose(subject),
        date=subject.now.date(),
        first=tell_first(subject),
        sections=(
            tell_holdout(subject),
            tell_money(subject, again),
            tell_risk(subject, again),
            tell_calibration(subject, again),
            tell_live(subject),
            tell_explained(subject),
            tell_search(subject),
            tell_data(subject),
            tell_forecasts(subject),
            tell_standing(subject),
            *tell_breaches(subject),
            tell_limits(subject),
            tell_again(subject),
        ),
    )


def _tell_whose(subject: ReportSubject) -> str:
    if subject.version is None:
        return f"{subject.order.name}, {subject.now.date()}"
    answers = ", the one that answers" if subject.sits else ""
    return f"{subject.order.name}, version {subject.version.version}{answers}, as it stood on {subject.now.date()}"
