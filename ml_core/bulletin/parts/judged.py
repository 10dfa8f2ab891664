"""What each claim came to on the holdout, beside the rivals and the baselines, and what the gate said."""

from __future__ import annotations

from ml_core.bulletin.parts.advice import unit_of
from ml_core.bulletin.parts.taken import is_left_out, tell_both, tell_left_out
from ml_core.bulletin.subject import ReportSubject
from ml_core.claims.unasked import tell_unasked, with_unasked
from ml_core.claims.verdict import ClaimVerdict
from ml_core.evaluation.metrics import LEVEL
from ml_core.registry.evidence import Evidence
from ml_core.registry.scores import Score
from ml_core.reporting.document.document import (
    Block,
    Missing,
    NumberOrigin,
    Paragraph,
    Points,
    Section,
    Table,
    table_of,
)
from ml_core.reporting.rivals import rivals_ahead, tell_rivals
from ml_core.vocabulary import words

TITLE = "The holdout, beside simple rules"
SHOWN = ("mse", "mae", "direction", "ic", "rank_ic", "crps", "coverage")
MOST_AHEAD = 4


def tell_holdout(subject: ReportSubject) -> Section:
    evidence, origin = subject.evidence, subject.then("models", "--json", named=False)
    if evidence is None:
        why = "nothing was judged yet."
        return Section(TITLE, (Missing("A holdout", why, subject.spell("search")),), origin)
    holdout = evidence.holdout
    told = (
        f"{holdout.rows:,} forecasts on {holdout.sessions} sessions, {holdout.start} to {holdout.end}, each scored "
        "beside the same forecasts of simple rules, on the same rows. "
        f"\u201cAhead\u201d counts {unit_of(subject)}s, here and below."
    )
    blocks = [
        Paragraph(told),
        *_claims(subject, evidence),
        *_scores(subject, evidence),
        *_rules(subject, evidence),
        *_gate(subject, evidence),
    ]
    return Section(TITLE, tuple(blocks), origin)


def _claims(subject: ReportSubject, evidence: Evidence) -> list[Block]:
    if not evidence.claims:
        return [Missing("Claims", "this version was judged before claims were judged one by one.")]
    origin = subject.then("models", "--json", named=False)
    rows = [
        {
            "claim": one.claim,
            "ahead": f"{one.horizon}",
            "verdict": one.standing,
            words.ODDS: words.odds(one.adjusted) or words.MISSING,
            "why": words.named(_tell_why(subject, evidence, one), _rivals(evidence)),
        }
        for one in evidence.claims
        if one.asked
    ]
    caption = "Each claim by itself, at each horizon"
    blocks: list[Block] = [table_of(caption, rows, subject.both("models", "--json"))] if rows else []
    contests = [
        {
            "claim": one.claim,
            "ahead": f"{one.horizon}",
            "beside": words.ACCOUNTS.get(rival.rival) or words.baseline(rival.rival),
            "came out": words.named(rival.told, _rivals(evidence)),
            "p": words.odds(rival.p),
        }
        for one in evidence.claims
        for rival in one.rivals
    ]
    if contests:
        blocks.append(table_of("Every rival that a claim was set beside", contests, origin))
    if unasked := tell_unasked(with_unasked(evidence.claims)):
        blocks += [
            Paragraph("Not asked:"),
            Points(tuple(words.named(one, words.ACCOUNTS) for one in unasked)),
        ]
    return blocks


def _tell_why(subject: ReportSubject, evidence: Evidence, one: ClaimVerdict) -> str:
    return tell_left_out(subject, evidence, one) if is_left_out(one, evidence) else one.why


def _rivals(evidence: Evidence) -> set[str]:
    return {rival.rival for one in evidence.claims for rival in one.rivals}


def _scores(subject: ReportSubject, evidence: Evidence) -> list[Block]:
    ahead = sorted({one.horizon for one in evidence.holdout_scores})
    shown = ahead if len(ahead) <= MOST_AHEAD else [*ahead[: MOST_AHEAD - 1], ahead[-1]]
    scores = [one for one in evidence.holdout_scores if one.metric in SHOWN and one.horizon in shown]
    scores.sort(key=lambda one: (one.horizon, SHOWN.index(one.metric)))
    if not scores:
        return [Missing("Scores on the holdout", "this version kept none.")]
    origin = subject.then("models", "--json", named=False)
    blocks: list[Block] = [
        _scores_at(horizon, [one for one in scores if one.horizon == horizon], origin) for horizon in shown
    ]
    leads = [one for one in scores if one.metric in ("mse", "crps") and _has_lead(one)]
    if leads:
        told = "How much of each rule's error the model takes away; below zero it adds to it"
        blocks.append(table_of(told, [_lead_row(name, leads) for name in _rules_of(leads)], origin))
    return blocks


def _scores_at(horizon: int, scores: list[Score], origin: NumberOrigin) -> Table:
    """A row for whoever forecasts, so that a page is wide enough for the scores, however many rules there are."""
    rows = [
        {"of": "the model", **{_label(one): _write(one, one.value) for one in scores}},
        {"of": "at least", **{_label(one): _write(one, one.low) for one in scores}},
        {"of": "at most", **{_label(one): _write(one, one.high) for one in scores}},
    ]
    rows += [
        {"of": words.baseline(name), **{_label(one): _write(one, _value(one, name)) for one in scores}}
        for name in _rules_of(scores)
    ]
    caption = (
        f"Scores {horizon} ahead: the model's with the least and the most that they may truly be "
        f"({words.short_percent(LEVEL)}), and those of simple rules on the same rows"
    )
    return table_of(caption, rows, origin)


def _rules_of(scores: list[Score]) -> list[str]:
    return list(dict.fromkeys(name for one in scores for name in one.beside))


def _label(one: Score) -> str:
    return words.metric(one.metric).label


def _write(one: Score, value: float | None) -> str:
    return words.write(value, words.metric(one.metric).form)


def _value(one: Score, name: str) -> float | None:
    beside = one.beside.get(name)
    return beside.value if beside else None


def _has_lead(one: Score) -> bool:
    return any(rule.skill is not None for rule in one.beside.values())


def _lead_row(name: str, leads: list[Score]) -> dict[str, str]:
    skills = {f"{_label(one)}, {one.horizon} ahead": one.beside.get(name) for one in leads}
    told = {place: words.percent(rule.skill if rule else None, digits=1) for place, rule in skills.items()}
    return {"of": words.baseline(name), **told}


def _rules(subject: ReportSubject, evidence: Evidence) -> list[Block]:
    """A simple rule that did better, by the one measure that all are told of."""
    ahead = rivals_ahead(subject.version) if subject.version and evidence.role != "reference" else []
    if subject.version is None or not ahead:
        return []
    names = dict.fromkeys(one.rival for one in ahead)
    plain = words.listed([f"{words.baseline(name)} is \u201c{words.rules([name])}\u201d" for name in names])
    told = f"{tell_rivals(subject.version)} On the first page {plain}. No claim is asked to beat every simple rule."
    return [Paragraph(told)]


def _gate(subject: ReportSubject, evidence: Evidence) -> list[Block]:
    if not evidence.gate.checks:
        return [Missing("The gate", "no check was kept of it.")]
    rows = [
        {
            "what must hold": check.name,
            "held": "yes" if check.passed else "no",
            "found": words.judged(check.value, check.required),
            "required": check.required,
            "why": words.named(check.why, _rivals(evidence)),
        }
        for check in evidence.gate.checks
    ]
    table = table_of(
        f"The gate ({evidence.told_gate})", rows, subject.itself("models", "--json", named=False)
    )
    return [table, *(Paragraph(told) for told in tell_both(subject, evidence))]
