"""`audit`: does an experiment, or a registered model, know the future? What was changed and compared, and findings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cli.screens.missing import spell_missing, warn_missing
from cli.session import DONE, PARTIAL, Session
from cli.terminal import Terminal
from ml_core.errors import ForecastError, InvalidInput
from ml_core.spec.choices import nearest
from ml_core.spec.file import find_experiment

if TYPE_CHECKING:
    from ml_core.evaluation.leakage import Audit
    from ml_core.registry.version import ModelVersion

SHOWN = 12


def audit(session: Session, *, subject: str, version: str | None, dates: int, seed: int) -> int:
    missing: dict[str, str] = {}
    named = session.about(subject) if is_experiment(subject) else None
    try:
        if version is None and named:
            name, (missing, findings) = subject, _of_experiment(named, dates=dates, seed=seed)
        else:
            asked = find_version(session, named.order.name if named else subject, version)
            name, findings = f"{asked.name} version {asked.version}", _of_model(session, asked, dates, seed)
    except (
        ForecastError
    ) as error:  # the session itself has no experiment that a command at its end could name
        raise type(error)((named or session).tell(error)) from None
    return tell(session.terminal, findings, name, missing=spell_missing(named or session, missing))


def is_experiment(subject: str) -> bool:
    """A file, or the name of one; everything else is a model's name."""
    try:
        return find_experiment(subject).is_file()
    except InvalidInput:
        return False


def find_version(session: Session, name: str, version: str | None) -> ModelVersion:
    """That version of the model of that name."""
    from ml_core.registry.versions import Registry

    registry = Registry(session.home)
    if not registry.versions(name):
        known = sorted({registered.name for registered in registry.everything()})
        hint = nearest(name, known) if known else "; registered: none yet"
        raise InvalidInput(f"'{name}' is neither an experiment nor a registered model{hint}")
    return registry.find(name, version)


def tell(terminal: Terminal, audit: Audit, name: str, *, missing: Mapping[str, str] | None = None) -> int:
    """The screen, the document and the exit code of an audit; `missing` tickers had no bars to audit."""
    counts = audit.counts()
    terminal.table(count_rows(counts), title=f"{name}: rows that must stay equal in every bit")
    for finding in audit.findings[:SHOWN]:
        terminal.warn(str(finding))
    if len(audit.findings) > SHOWN:
        terminal.warn(f"and {len(audit.findings) - SHOWN} more findings; --json lists them all")
    looked = sum(row["rows"] for row in counts)
    verdict = f"{len(audit.findings)} findings" if audit.findings else "nothing knows the future"
    terminal.say(f"{looked:,} rows compared: {verdict}".replace(",", " "))
    findings = [dataclasses.asdict(one) | {"told": str(one)} for one in audit.findings]
    terminal.document(
        {
            "subject": name,
            "rows": looked,
            "compared": counts,
            "findings": findings,
            "missing": dict(missing or {}),
        }
    )
    return PARTIAL if audit.findings or missing else DONE


def count_rows(counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per stage: its columns, and under each change the rows compared; findings at the end."""
    changes = list(dict.fromkeys(row["change"] for row in counts))
    stages = dict.fromkeys(row["stage"] for row in counts)
    told = []
    for stage in stages:
        own = {row["change"]: row for row in counts if row["stage"] == stage}
        rows = {change: own[change]["rows"] if change in own else None for change in changes}
        told.append(
            {
                "stage": stage,
                "columns": max(row["columns"] for row in own.values()),
                "dates": max(row["dates"] for row in own.values()),
                **rows,
                "findings": sum(row["findings"] for row in own.values()),
            }
        )
    return told


def _of_experiment(session: Session, *, dates: int, seed: int) -> tuple[dict[str, str], Audit]:
    """The tickers without bars, and the audit of the others."""
    from ml_core.audit.experiment import audit_experiment
    from ml_core.data.intake.arrived import read_arrived
    from ml_core.data.prices import read_sources, tell_absent

    experiment, terminal = session.learning, session.terminal
    sources = read_sources(experiment, session.home)
    missing = tell_absent(experiment, session.home, sources.bars)
    warn_missing(session, missing)
    terminal.step(f"auditing {experiment.name}: two folds, {dates} dates")
    arrived = read_arrived(experiment, session.home, until=experiment.data.end)
    audit = audit_experiment(
        experiment,
        dataclasses.replace(sources, bars=arrived),
        dates=dates,
        seed=seed,
        progress=terminal.progress,
    )
    return missing, audit


def _of_model(session: Session, asked: ModelVersion, dates: int, seed: int) -> Audit:
    from ml_core.audit.artifact import audit_model

    session.terminal.step(
        f"auditing {asked.name} version {asked.version} on data version {asked.evidence.data_version}"
    )
    return audit_model(asked, session.home, dates=dates, seed=seed, progress=session.terminal.progress)
