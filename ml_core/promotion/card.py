"""Writes the card of a version: what it is, on which data it was fitted, its spec, what is proven of it, its limits,
and how it is made again. It says what was known when it was registered, from its evidence alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

from ml_core.registry.evidence import Evidence
from ml_core.registry.recipe import Recipe
from ml_core.reporting.document.document import (
    Block,
    Code,
    Document,
    Missing,
    NumberOrigin,
    Paragraph,
    Points,
    Section,
    Tone,
    table_of,
)
from ml_core.reporting.document.markdown import write_markdown
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.run import RunSpec
from ml_core.vocabulary import words

ROLES = {
    "candidate": "It was chosen by a search and judged on a holdout that no trial had seen.",
    "reference": "It is the reference: it tells how far a price may go, never in which direction.",
    "refit": "It is an earlier version fitted again; what was judged is that one.",
}
FEW = 24  # features and tickers that are named


def card_of(name: str, evidence: Evidence) -> Callable[[str], str]:
    """The card, once the version's number is known."""
    return partial(write_card, name, evidence)


def write_card(name: str, evidence: Evidence, version: str) -> str:
    """In Markdown. The same evidence gives the same card."""
    experiment = name.rpartition(".")[0]
    origin = NumberOrigin(version, f"{evidence.data_version}", f"candorcast models {experiment}")
    document = Document(
        title=f"Model card: {name}, version {version}",
        subtitle=f"registered {evidence.created:%Y-%m-%d %H:%M} UTC",
        date=evidence.created.date(),
        first=Section(
            "What it is", (Paragraph(_tell_verdict(evidence), _tone(evidence)), *_what(evidence)), origin
        ),
        sections=(
            Section("Data", tuple(_data(evidence, origin)), origin),
            Section("Spec", tuple(_spec(evidence)), origin),
            Section("What is proven of it", tuple(_claims(evidence, origin)), origin),
            Section("Limits", (Points(tuple(_limits(evidence))),), origin),
            Section(words.HEADINGS["again"], tuple(_again(name, evidence, version, origin)), origin),
        ),
    )
    return write_markdown(document)


def _tell_verdict(evidence: Evidence) -> str:
    asked = [one for one in evidence.claims if one.asked]
    proven = [f"{one.claim} {one.horizon} ahead" for one in asked if one.proven]
    if evidence.refit:
        parent, judged = evidence.refit.parent, evidence.refit.judged
        return f"Fitted again from version {parent}; what is proven is what version {judged} proved."
    if proven:
        return (
            f"Proven of it when it was judged: {words.listed(proven)}; {len(asked)} questions were put to it."
        )
    return f"Nothing was proven of it when it was judged; {len(asked)} questions were put to it."


def _tone(evidence: Evidence) -> Tone:
    return "good" if any(one.proven for one in evidence.claims) and not evidence.refit else "bad"


def _what(evidence: Evidence) -> Iterator[Block]:
    task = evidence.spec.task if isinstance(evidence.spec, (RunSpec, Ensemble)) else None
    yield Paragraph(ROLES[evidence.role])
    asked = ""
    if task:
        ahead = words.listed([f"{one}" for one in task.horizons])
        asked = f" It forecasts the {task.target} {ahead} ahead, of {task.frequency} bars."
    yield Paragraph(f"Model: {words.baseline(evidence.spec.told)}.{asked}")
    yield Paragraph(f"The gate: {evidence.told_gate}.")


def _data(evidence: Evidence, origin: NumberOrigin) -> Iterator[Block]:
    holdout, named = evidence.holdout, words.listed(evidence.tickers[:FEW])
    more = f" and {len(evidence.tickers) - FEW} more" if len(evidence.tickers) > FEW else ""
    rows = {
        words.SOURCE: evidence.store or evidence.source,
        "data version": f"{evidence.data_version}",
        "tickers": f"{len(evidence.tickers)}: {named}{more}",
        "learned from": f"{evidence.trained.start} to {evidence.trained.end}",
        "holdout": f"{holdout.start} to {holdout.end}, {holdout.sessions} sessions, {holdout.rows:,} forecasts",
    }
    yield table_of(
        "On what it was fitted and judged", [{"what": key, "": told} for key, told in rows.items()], origin
    )


def _spec(evidence: Evidence) -> Iterator[Block]:
    named = words.listed(evidence.features[:FEW])
    more = f" and {len(evidence.features) - FEW} more" if len(evidence.features) > FEW else ""
    yield Paragraph(f"It reads {words.count(len(evidence.features), 'feature')}: {named}{more}.")
    if isinstance(evidence.spec, (RunSpec, Ensemble)):
        yield Code(json.dumps(evidence.spec.model_dump(mode="json"), indent=1, sort_keys=True))
    else:
        yield Missing("The spec", "an earlier candorcast kept no more of it than the model's name.")


def _claims(evidence: Evidence, origin: NumberOrigin) -> Iterator[Block]:
    rivals = {rival.rival for one in evidence.claims for rival in one.rivals}
    rows = [
        {
            "claim": words.claim(one.claim),
            "ahead": f"{one.horizon}",
            "verdict": one.standing,
            words.ODDS: words.odds(one.adjusted) or words.MISSING,
            "why": words.named(one.why, rivals),
        }
        for one in evidence.claims
    ]
    yield (
        table_of("Each claim by itself", rows, origin)
        if rows
        else Missing("Claims", "none was judged of it.")
    )
    if evidence.search.trials:
        yield Paragraph(
            f"{evidence.search.trials} trials were run before it; each verdict is paid for all of them."
        )


def _limits(evidence: Evidence) -> Iterator[str]:
    yield words.LIMITS["past"]
    if evidence.source == "simulated":
        yield words.LIMITS["simulated"]
    yield f"One stretch of {evidence.holdout.sessions} sessions decided. {words.LIMITS['luck']}"
    if evidence.looks > 1:
        yield f"This holdout was looked at {evidence.looks} times; each later look needs stronger evidence."
    if not isinstance(evidence.recipe, Recipe):
        yield "It keeps no recipe: it cannot be fitted again by `rebuild`."
    yield from (f"{note[0].upper()}{note[1:]}." for note in evidence.notes if note)


def _again(name: str, evidence: Evidence, version: str, origin: NumberOrigin) -> Iterator[Block]:
    yield Code(f"candorcast rebuild {name} --version {version}")
    specs = evidence.spec.components if isinstance(evidence.spec, (RunSpec, Ensemble)) else ()
    made = evidence.recipe.made_with if isinstance(evidence.recipe, Recipe) else {}
    rows = {
        words.EXPERIMENT: f"{evidence.experiment}, {evidence.digest}",
        "seeds": "; ".join(f"{part.spec.seed}, {part.spec.seeds} in all" for part in specs) or words.MISSING,
        **{f"made with {part}": told for part, told in sorted(made.items())},
    }
    yield table_of(
        words.HEADINGS["determines"], [{"what": key, "": told} for key, told in rows.items()], origin
    )
