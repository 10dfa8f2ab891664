"""What was tried before this model was chosen, and how much of its score may be luck."""

from __future__ import annotations

from ml_core.bulletin.subject import ReportSubject
from ml_core.registry.archive import read_archive
from ml_core.registry.evidence import Evidence
from ml_core.registry.searched import TrialRow
from ml_core.reporting.document.document import Block, Missing, Paragraph, Points, Section, table_of
from ml_core.reporting.luck import tell_keys, tell_luck
from ml_core.vocabulary import words

TITLE = "The search, and its luck"
MOST = 10


def tell_search(subject: ReportSubject) -> Section:
    evidence, origin = subject.evidence, subject.then("ledger", named=False)
    if evidence and not evidence.search.finished:  # made again from a certificate: no trial was run here
        origin = subject.then("models", "--json", named=False)
    if evidence is None:
        return Section(
            TITLE, (Missing("A search", "nothing was judged yet.", subject.spell("search")),), origin
        )
    if not evidence.search.trials:
        why = "the reference is not chosen among others; no search has brought a model that answers."
        return Section(
            TITLE, (Missing("A search", why, subject.spell("search")), *_looks(subject, evidence)), origin
        )
    search = evidence.search
    blocks: list[Block] = [Paragraph(_tell_trials(evidence)), *_luck(evidence)]
    if search.head:
        shown = search.head[:MOST]
        rows = [_row(one) for one in shown]
        caption = (
            f"The {len(rows)} best of {search.trials} trials. Test: dates of the folds that the trial did not learn "
            "from; again: what is expected of it on others"
        )
        blocks.append(table_of(caption, rows, origin))
    else:
        blocks.append(Missing("The best trials", "this version kept none of them."))
    if search.keys:
        blocks.append(Paragraph(f"What the scores hang on: {tell_keys(search.keys)}."))
    return Section(TITLE, (*blocks, *_looks(subject, evidence)), origin)


def _tell_trials(evidence: Evidence) -> str:
    search = evidence.search
    parts = {"finished": search.finished, "stopped early": search.stopped, "failed": search.failed}
    told = ", ".join(f"{count} {name}" for name, count in parts.items() if count)
    minutes = round(search.seconds / 60)
    lasted = f" It took {minutes:,} minute{'s' * (minutes > 1)}." if minutes else ""
    scored = f", scored by {words.metric(search.objective).label}" if search.objective else ""
    folds = f" on {search.folds} stretches of time each" if search.folds else ""
    kinds = ", ".join(f"{words.baseline(name)} {count}" for name, count in search.families.items())
    chosen = f" By family: {kinds}; {words.baseline(evidence.spec.told)} was chosen." if kinds else ""
    return f"{search.trials} trials{f' ({told})' if told else ''}{scored}{folds}.{lasted}{chosen}"


def _luck(evidence: Evidence) -> list[Block]:
    told = tell_luck(evidence.search)
    if not told:
        return [Missing("An account of luck", "this search was too small, or too early, for one to be kept.")]
    return [Points(tuple(f"{one[0].upper()}{one[1:]}." for one in told))]


def _row(one: TrialRow) -> dict[str, str]:
    params = ", ".join(
        f"{key.rpartition('.')[2]} {_short(value)}" for key, value in one.params.items() if key != "family"
    )
    return {
        "trial": one.trial,
        "family": words.baseline(one.family or ""),
        "validation": words.number(one.validation),
        "test": words.number(one.test),
        "error": words.number(one.error),
        "again": words.number(one.again),
        "settings": params or one.status,
    }


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{value}"


def _looks(subject: ReportSubject, evidence: Evidence) -> list[Block]:
    """How often the holdout was looked at, and what all trials ever run come to."""
    kept = read_archive(subject.order.home, subject.order.name, streams=False)
    trials = sum(len(one.trials) for one in kept)
    told = f"This was look number {evidence.looks} at this stretch of time"
    if evidence.bar is not None:
        told += f", and {words.short_percent(evidence.bar)} of chance was left to it"
    searches = words.count(len(kept), "search", "searches")
    told += f". {words.count(trials, 'trial')} of {searches} are in the ledger of this home." if kept else "."
    return [Paragraph(told)]
