"""What all this cannot tell. Each limit is read off the experiment and the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from ml_core.bulletin.subject import ReportSubject
from ml_core.data.prices import read_prices, tell_absent
from ml_core.errors import ForecastError
from ml_core.registry.evidence import Evidence
from ml_core.reporting.document.document import Block, Missing, Paragraph, Points, Section, table_of
from ml_core.vocabulary import words

TITLE = "Limits of all this"


def tell_limits(subject: ReportSubject) -> Section:
    told = [*_of_experiment(subject), *(_of_evidence(subject.evidence) if subject.evidence else ())]
    blocks: list[Block] = [Points(tuple(told))]
    if subject.evidence:
        blocks += _audit(subject, subject.evidence)
    return Section(TITLE, tuple(blocks), subject.itself("audit"))


def _of_experiment(subject: ReportSubject) -> Iterator[str]:
    experiment = subject.experiment
    yield words.LIMITS["past"]
    if experiment.data.source == "simulated":
        yield words.LIMITS["simulated"]
    elif experiment.universe.members is None:
        yield (
            f"The {len(experiment.universe.tickers)} tickers are those that the file names today: what has failed or "
            "left since is not among them, which flatters whoever buys. universe.members of the file mends that."
        )
    yield (
        f"Trading is reckoned at {experiment.strategy.cost_bps:g} bp a side, whatever the size. Taxes, and prices that "
        "give way to large orders, are left out."
    )
    absent = _absent(subject)
    if absent:
        yield f"Without bars, and so left out: {', '.join(absent)}."


def _absent(subject: ReportSubject) -> list[str]:
    experiment, home = subject.order.experiment, subject.order.home
    try:
        return list(tell_absent(experiment, home, read_prices(experiment, home), compared=True))
    except ForecastError:
        return []


def _of_evidence(evidence: Evidence) -> Iterator[str]:
    holdout = evidence.holdout
    yield (
        f"One stretch of {holdout.sessions} sessions, {holdout.start} to {holdout.end}, decided. {words.LIMITS['luck']}"
    )
    if evidence.looks > 1:
        yield f"This holdout was looked at {evidence.looks} times; each later look needs stronger evidence, and had it."
    if evidence.refit:
        yield (
            f"The scores are those of version {evidence.refit.judged}. This version knows the holdout, so it cannot be "
            "judged on it; its forecasts were compared with those of who was."
        )
    unproven = [f"{one.claim} {one.horizon} ahead" for one in evidence.claims if one.asked and not one.proven]
    if unproven:
        yield f"Not proven of it: {words.listed(unproven)}."
    yield from (f"{note[0].upper()}{note[1:]}." for note in evidence.notes if note)


def _audit(subject: ReportSubject, evidence: Evidence) -> list[Block]:
    if not evidence.audit:
        why = "none was kept of this version."
        return [Missing("An audit for look-ahead", why, subject.itself("audit").command)]
    rows = [
        {
            "stage": one.stage,
            "what was changed later": one.change,
            "dates": f"{one.dates}",
            "rows compared": f"{one.rows:,}",
            "columns": f"{one.columns}",
            "findings": f"{one.findings}",
        }
        for one in evidence.audit
    ]
    findings = sum(one.findings for one in evidence.audit)
    verdict = "nothing earlier moved" if not findings else f"{findings} numbers moved that must not"
    told = f"Does anything know the future? Later prices were changed, and every earlier number compared: {verdict}."
    return [Paragraph(told), table_of("What was compared", rows, subject.itself("audit"))]
