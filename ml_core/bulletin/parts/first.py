"""The first page, for a reader who knows no code: what was tried, what is proven, what is not, what to do."""

from __future__ import annotations

import math
from dataclasses import replace

from ml_core.bulletin.parts.advice import (
    advise,
    ahead_of,
    asked_of,
    is_made_up,
    proven_of,
    tell_made_up,
    unit_of,
)
from ml_core.bulletin.parts.faced import decided_against
from ml_core.bulletin.parts.judged import TITLE as HOLDOUT
from ml_core.bulletin.parts.taken import LEFT, is_left_out
from ml_core.bulletin.subject import ReportSubject
from ml_core.claims.verdict import ClaimVerdict
from ml_core.evaluation.metrics import LEVEL
from ml_core.registry.account import Account
from ml_core.registry.evidence import Evidence
from ml_core.registry.seats import REFERENCE, seat_of
from ml_core.reporting.document.document import Block, NumberOrigin, Paragraph, Points, Section, table_of
from ml_core.reporting.rivals import RivalAhead, rivals_ahead
from ml_core.vocabulary import words

NOW = "What to do now"
LUCK = "by luck alone, at most"
OPEN = "open"  # nothing live has decided it
BELOW = (
    "Each number of this page stands again in the parts that follow, with where it comes from and how anybody gets it "
    "again; how often luck would look as good stands there as a p-value, rounded."
)


def tell_first(subject: ReportSubject) -> Section:
    evidence = subject.evidence
    if evidence is None:
        return _nobody(subject)
    tone = "good" if proven_of(subject) else "bad"
    blocks: list[Block] = [
        Paragraph(tell_verdict(subject), tone),
        *([Paragraph(tell_made_up(subject), "bad")] if is_made_up(subject) else []),
        Paragraph(_tell_tried(subject, evidence), "lead"),
        *_claims(subject, evidence),
        *(Paragraph(told) for told in (*_tell_money(subject, evidence), *_tell_doubts(subject, evidence))),
        Paragraph(f"{NOW}:"),
        Points(tuple(advise(subject, evidence))),
        Paragraph(f"{_tell_proof(evidence)} {BELOW}", "note"),
    ]
    return Section("In short", tuple(blocks), _origin(subject))


def tell_verdict(subject: ReportSubject) -> str:
    """In one or two sentences, whether there is anything to rely on."""
    version, proven = subject.version, proven_of(subject)
    if version is None:
        return "Nobody answers yet."
    if subject.evidence is None:
        return f"Version {version.version} cannot be read."
    count = f"{len(proven)} of the {len(asked_of(subject.evidence))} questions that were put to it"
    if subject.evidence.role == "reference":
        return (
            f"Version {version.version} is the reference: it tells how far a price may go, never in which direction."
            f"{_tell_who(subject)}"
        ) + (f" It has proven {count}." if asked_of(subject.evidence) else "")
    if proven and subject.evidence.refit:
        judged = subject.judged.evidence if subject.judged and subject.judged.readable else subject.evidence
        asked = asked_of(judged)
        own, former = f"version {version.version}", f"version {subject.evidence.refit.judged}"
        return (
            f"{own.capitalize()} is {former} fitted again on newer prices. {former.capitalize()} had proven "
            f"{sum(one.proven for one in asked)} of the {len(asked)} questions that were put to it; {len(proven)} of "
            f"them are taken to hold for {own} too, which was not judged itself.{_tell_who(subject)}"
        )
    if proven:
        return f"Version {version.version} has proven {count}.{_tell_who(subject)}"
    return (
        f"Nothing is proven of version {version.version}: none of the {len(asked_of(subject.evidence))} questions that "
        f"were put to it. Its numbers may be luck.{_tell_who(subject)}"
    )


def _tell_who(subject: ReportSubject) -> str:
    """Whose forecast is given to who asks now: this one's, or another's."""
    if subject.answers is None:
        return ""
    reference = seat_of(subject.answers) == REFERENCE
    if subject.sits:
        return f" It is the one that answers now{', until a model has earned its place' * reference}."
    return f" Who asks now is answered by version {subject.answers.version}{', the reference' * reference}."


def _nobody(subject: ReportSubject) -> Section:
    return Section(
        "In short",
        (
            Paragraph(tell_verdict(subject), "bad"),
            Paragraph(f"{subject.why.partition('; run:')[0]}."),
            Paragraph(f"{NOW}:"),
            Points(
                (
                    f"To have how far prices may go: `{subject.spell('predict')}`",
                    f"To look for a model that knows more: `{subject.spell('search')}`",
                )
            ),
        ),
        replace(subject.today("doctor"), quiet=True),
    )


def _origin(subject: ReportSubject) -> NumberOrigin:
    """Not shown on the page itself: who knows no code has no use of it there."""
    return replace(subject.then("models", "--json", named=False), quiet=True)


def _tell_tried(subject: ReportSubject, evidence: Evidence) -> str:
    experiment, search, holdout = subject.experiment, evidence.search, evidence.holdout
    unit = unit_of(subject)
    ahead = ahead_of(subject, list(experiment.task.horizons)).removesuffix(" ahead")
    named = " (a day on which the exchange is open)" if unit == "session" else ""
    asked = (
        f"At the close of each {unit}{named} a forecast was asked for {len(evidence.tickers)} "
        f"{'price' if len(evidence.tickers) == 1 else 'prices'}: how each goes over the next {ahead}, and how far it "
        "may go."
    )
    if evidence.role == "reference":
        chosen = "No model was chosen: the reference reads nothing but how much prices moved before."
    else:
        kinds = f", of {len(search.families)} kinds" if len(search.families) > 1 else ""
        chosen = (
            f"{search.trials} models were tried{kinds}, and the one that scored best was chosen."
            if search.trials > 1
            else "One model was tried."
        )
    judged = (
        f"It learned from {evidence.trained.start} to {evidence.trained.end} and was then judged on {holdout.sessions} "
        f"later {unit}s, {holdout.start} to {holdout.end}, that it had never seen, beside simple rules that anybody "
        "can follow."
    )
    if evidence.refit:
        judged = (
            f"Version {evidence.refit.judged} was judged on {holdout.sessions} {unit}s that it had never seen, "
            f"{holdout.start} to {holdout.end}; this version is the same recipe fitted again through "
            f"{evidence.refit.through}."
        )
    return f"{asked} {chosen} {judged}"


def _claims(subject: ReportSubject, evidence: Evidence) -> list[Block]:
    rows = [
        {
            "what a forecast says": words.said(one.claim),
            "how far ahead": ahead_of(subject, [one.horizon]).removesuffix(" ahead"),
            "verdict": LEFT if is_left_out(one, evidence) else _tell_standing(one),
            LUCK: _tell_luck(one),
            "live since": _tell_live(subject, one),
        }
        for one in evidence.claims
        if one.asked
    ]
    if all(row["live since"] == OPEN for row in rows):
        rows = [{key: value for key, value in row.items() if key != "live since"} for row in rows]
    if not rows:
        return [Paragraph("No question could be put to it when it was judged; the next section says why.")]
    asked = len(asked_of(evidence))
    together = f", all {asked} questions paid for" if asked > 1 else ""
    caption = (
        f"What is proven. \u201c{LUCK[0].upper()}{LUCK[1:]}\u201d: no more often than that would a model that knows no "
        f"more than the simple rules look as good{together}"
    )
    return [table_of(caption, rows, _origin(subject))]


def _tell_standing(one: ClaimVerdict) -> str:
    return "proven" if one.proven else "not proven"


def _tell_luck(one: ClaimVerdict) -> str:
    """Rounded so that it stays a bound."""
    p = one.adjusted
    if p is None:
        return words.MISSING
    if p < 0.001:
        return "once in 1,000 times"
    if p > 0.1:
        return f"{math.ceil(100 * p)} in 100 times"
    step = 10 if p < 0.01 else 1  # two digits that count
    return f"once in {math.floor(1 / p / step) * step} times"


def _tell_live(subject: ReportSubject, one: ClaimVerdict) -> str:
    noted = subject.version.live.get((one.claim, one.horizon)) if subject.version else None
    return noted.verdict if noted else OPEN


def _tell_money(subject: ReportSubject, evidence: Evidence) -> list[str]:
    own, held = evidence.backtest, evidence.backtest.benchmark
    if own.exposure == 0:
        return ["In money: it gives no direction, so nothing was bought or sold on it."]
    whose = f"version {evidence.refit.judged}'s" if evidence.refit else "its"
    cost = words.short_percent(subject.experiment.strategy.cost_bps / 10_000)
    told = (
        f"In money: over all of these sessions together, to trade by {whose} forecasts {_tell_account(own)}, after "
        f"costs of {cost} of all that was bought or sold; to buy and keep {_tell_account(held)}. It need not come "
        "again."
    )
    paid = [one for one in evidence.claims if one.claim == "money" and one.asked]
    if paid and not any(one.proven for one in paid):
        told += " That trading it pays is not proven."
    return [told]


def _tell_account(one: Account) -> str:
    """What it came to, and how far it fell on the way."""
    gain, fall = one.cumulative or 0.0, abs(one.max_drawdown or 0.0)
    came = "gained" if gain >= 0 else "lost"
    return (
        f"{came} {words.percent(abs(gain), digits=1, sign=False)}, at worst "
        f"{words.percent(fall, digits=1, sign=False)} below where it had been"
    )


def _tell_doubts(subject: ReportSubject, evidence: Evidence) -> list[str]:
    """What speaks against it, where something does."""
    assert subject.version is not None
    told = []
    if evidence.role != "reference":
        told += _tell_closer(subject, evidence, rivals_ahead(subject.version))
    luck = evidence.search.overfitting
    if luck is not None and luck >= 0.5:
        told.append(
            "The model that was chosen may not be the best of those that were tried. In "
            f"{words.percent(luck, digits=0, sign=False)} of all checks of that choice, the model that did best on "
            "half of the days was among the worse half of them on the other days."
            + (" What is proven was proven on later dates." if proven_of(subject) else "")
        )
    return told


def _tell_closer(subject: ReportSubject, evidence: Evidence, ahead: list[RivalAhead]) -> list[str]:
    """Of each simple rule that agreed more closely, whether a question is decided against it."""
    places: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for one in ahead:
        against = tuple(decided_against(evidence, one.rival, one.horizon))
        places.setdefault((words.rules([one.rival]), against), []).append(one.horizon)
    judged = evidence.refit.judged if evidence.refit else None
    who = f"version {judged}, which was judged," if judged else "this model"
    return [
        f"A simple rule agreed more closely with what came than {who} did, {ahead_of(subject, horizons)}: "
        f"{rule}. {_tell_decided(against)}; \u201c{HOLDOUT}\u201d has the numbers."
        for (rule, against), horizons in places.items()
    ]


def _tell_decided(against: tuple[str, ...]) -> str:
    if not against:
        return "None of the questions is decided against it"
    said = words.listed([f"\u201c{words.said(one)}\u201d" for one in against])
    return f"It is among the rules against which {said} is decided"


def _tell_proof(evidence: Evidence) -> str:
    bar = evidence.bar
    asked = (
        f" Of a hundred such tests of models that know nothing, at most {100 * bar:.2g} would call anything proven."
        if bar
        else ""
    )
    return (
        "Proven means: on days that the model had never seen it did better than each of the simple rules that are "
        f"named for this question, by more than luck gives.{asked} It says something about the past; nobody knows the "
        f"future. A range is meant to be left in {100 * (1 - LEVEL):.0f} of 100 cases."
    )
