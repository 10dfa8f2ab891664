"""The first page, for a reader who knows no code: what was tried, what is proven, what is not, what to do."""

from __future__ import annotations

from ml_core.bulletin.parts.advice import advise, asked_of, is_made_up, proven_of, unit_of
from ml_core.bulletin.subject import ReportSubject
from ml_core.claims.verdict import ClaimVerdict
from ml_core.registry.evidence import Evidence
from ml_core.registry.seats import CHAMPION
from ml_core.reporting.document.document import Block, Paragraph, Points, Section, table_of
from ml_core.reporting.rivals import tell_rivals
from ml_core.vocabulary import words

NOW = "What to do now"
OPEN = "open"  # nothing live has decided it
MADE_UP = (
    "The market is made up, with what was planted in it. None of these numbers says anything of real prices."
)


def tell_first(subject: ReportSubject) -> Section:
    evidence = subject.evidence
    if evidence is None:
        return _nobody(subject)
    tone = "good" if proven_of(subject) else "bad"
    blocks: list[Block] = [
        Paragraph(tell_verdict(subject), tone),
        *([Paragraph(MADE_UP, "bad")] if is_made_up(subject) else []),
        Paragraph(_tell_tried(subject, evidence), "lead"),
        *_claims(subject, evidence),
        *(Paragraph(told) for told in (*_tell_money(subject, evidence), *_tell_doubts(subject, evidence))),
        Paragraph(f"{NOW}:"),
        Points(tuple(advise(subject, evidence))),
        Paragraph(_tell_proof(evidence), "note"),
    ]
    return Section("In short", tuple(blocks), subject.then("models", "--json", named=False))


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
            f"Version {version.version} is the reference: it tells how far a price may go, never in which direction. "
            "It answers until a model has earned its place."
        ) + (f" It has proven {count}." if asked_of(subject.evidence) else "")
    if proven and subject.evidence.refit:
        seat = ". It sits in the champion's seat" * (CHAMPION in version.aliases)
        judged = subject.judged.evidence if subject.judged and subject.judged.readable else subject.evidence
        asked = asked_of(judged)
        return (
            f"Version {version.version} is version {subject.evidence.refit.judged} fitted again. That one had proven "
            f"{sum(one.proven for one in asked)} of the {len(asked)} questions that were put to it; {len(proven)} are "
            f"taken to hold for this one too, which was not judged itself{seat}."
        )
    if proven:
        seat = "and sits in the champion's seat" if CHAMPION in version.aliases else "and is not the champion"
        return f"Version {version.version} has proven {count}, {seat}."
    return (
        f"Nothing is proven of version {version.version}: none of the {len(asked_of(subject.evidence))} questions that "
        "were put to it. Its numbers may be luck."
    )


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
        subject.today("doctor"),
    )


def _tell_tried(subject: ReportSubject, evidence: Evidence) -> str:
    experiment, search, holdout = subject.experiment, evidence.search, evidence.holdout
    unit = unit_of(subject)
    ahead = words.listed([f"{one}" for one in experiment.task.horizons])
    asked = (
        f"At the close of each {unit} a forecast was asked for {len(evidence.tickers)} "
        f"{'price' if len(evidence.tickers) == 1 else 'prices'}: how each goes over the next {ahead} "
        f"{unit if ahead == '1' else f'{unit}s'}, and how far it may go."
    )
    if evidence.role == "reference":
        chosen = "No model was chosen: the reference reads nothing but how much prices moved before."
    else:
        kinds = ", ".join(f"{words.baseline(name)} {count}" for name, count in search.families.items())
        chosen = f"{search.trials} models were tried" + (f" ({kinds})" if kinds else "")
        chosen += f", and {words.baseline(evidence.spec.told)} was chosen."
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
            "ahead": f"{one.horizon}",
            "verdict": one.standing,
            "by luck alone": _tell_luck(one),
            "live since": _tell_live(subject, one),
        }
        for one in evidence.claims
        if one.asked
    ]
    if all(row["live since"] == OPEN for row in rows):
        rows = [{key: value for key, value in row.items() if key != "live since"} for row in rows]
    if not rows:
        return [Paragraph("No question could be put to it when it was judged; the next section says why.")]
    caption = (
        "What is proven. \u201cBy luck alone\u201d: of how many models that are no better than the rule that they face "
        "one would look as good, with all questions and looks paid for"
    )
    return [table_of(caption, rows, subject.then("models", "--json", named=False))]


def _tell_luck(one: ClaimVerdict) -> str:
    p = one.adjusted
    if p is None:
        return words.MISSING
    return (
        "more than 1 in 2"
        if p > 0.5
        else f"1 in {min(1 / max(p, 1e-9), 1000):,.0f}" + (" or rarer" if p < 0.001 else "")
    )


def _tell_live(subject: ReportSubject, one: ClaimVerdict) -> str:
    noted = subject.version.live.get((one.claim, one.horizon)) if subject.version else None
    return noted.verdict if noted else OPEN


def _tell_money(subject: ReportSubject, evidence: Evidence) -> list[str]:
    own, held = evidence.backtest, evidence.backtest.benchmark
    if own.exposure == 0:
        return ["In money: it gives no direction, so nothing was bought or sold on it."]
    form = words.MONEY["cumulative"]
    cost = f"{subject.experiment.strategy.cost_bps:g}"
    whose = f"version {evidence.refit.judged}'s" if evidence.refit else "its"
    told = (
        f"In money: on all of these sessions together {whose} strategy came to "
        f"{words.write(own.cumulative, form.form)} after costs of "
        f"{cost} hundredths of a percent of what is bought or sold, with a fall of "
        f"{words.write(own.max_drawdown, words.MONEY['max_drawdown'].form)} at worst; "
        f"{words.ACCOUNTS['buy_and_hold']} came to {words.write(held.cumulative, form.form)}, with "
        f"{words.write(held.max_drawdown, words.MONEY['max_drawdown'].form)}. It need not come again."
    )
    paid = [one for one in evidence.claims if one.claim == "money" and one.asked]
    if paid and not any(one.proven for one in paid):
        told += " That trading it pays is not proven."
    return [told]


def _tell_doubts(subject: ReportSubject, evidence: Evidence) -> list[str]:
    """What speaks against it, where something does."""
    assert subject.version is not None
    told = [
        f"Not taken over: {words.said(one.claim)}, {one.horizon} ahead. It is {one.why}."
        for one in asked_of(evidence)
        if evidence.refit and not one.proven and one.adjusted is None
    ]
    if evidence.role != "reference" and (rivals := tell_rivals(subject.version)):
        told.append(
            "A simple rule did better by one measure, IC, which tells how well forecasts agree with what came. "
            f"{rivals} No claim is asked to beat every simple rule: each faces those that are named for it."
        )
    luck = evidence.search.overfitting
    if luck is not None and luck >= 0.5:
        told.append(
            f"The model that was chosen may not be the best of those that were tried: of all ways to split the "
            f"sessions of the search into two halves, in {luck:.0%} the best model of one half was among the worse "
            "half of models on the other."
            + (" What is proven was proven on later dates." if proven_of(subject) else "")
        )
    return told


def _tell_proof(evidence: Evidence) -> str:
    bar = evidence.bar
    asked = (
        f" Of a hundred such looks at models that know nothing, at most {100 * bar:.2g} would call anything proven."
        if bar
        else ""
    )
    return (
        "Proven means: on data that the model had never seen it did better than each of the rules that it was put "
        f"beside for this question, which the next section names, by more than luck gives.{asked} It is a statement "
        "about the past; nobody knows the future, and prices leave their range about one time in ten."
    )
