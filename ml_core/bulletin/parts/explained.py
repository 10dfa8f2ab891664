"""What a forecast hangs on: what it would lose without an input, which inputs move the forecasts of the last session,
one of them explained, and what the model looked at. This is the one place where a report takes explanations from."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ml_core.bulletin.parts.lost import tell_lost
from ml_core.bulletin.pictures import picture
from ml_core.bulletin.subject import ReportSubject
from ml_core.errors import ForecastError
from ml_core.explain.amounts import FACTORS, select, tell_amount, tell_end, tell_size, worth_telling
from ml_core.explain.attribution import Attribution, ForecastPart, attribute_all
from ml_core.explain.method import load_method
from ml_core.explain.methods.attention import Attention
from ml_core.explain.methods.moved import moved
from ml_core.explain.spoken import CLAIM_OF, NO_SAY, tell, tell_unproven
from ml_core.explain.subject import Scene, open_scene
from ml_core.prediction.answer import find_speaker
from ml_core.registry.versions import Registry
from ml_core.reporting.document.document import Block, Missing, NumberOrigin, Paragraph, Section, table_of
from ml_core.reporting.pushes import draw_pushes
from ml_core.vocabulary import words

TITLE = "What it hangs on"
WHAT = "Which inputs move it, and one forecast explained"


@dataclass(frozen=True)
class ExplainedSession:
    """The explanations of one session's forecasts at the shortest horizon."""

    scene: Scene
    of: ForecastPart
    horizon: int
    found: Sequence[Attribution]

    @property
    def priced(self) -> bool:
        return self.scene.forecaster.spec.task.priced

    @property
    def farthest(self) -> Attribution:
        """The forecast that says most: the one farthest from what no input tells."""
        return max(self.found, key=lambda one: abs(one.forecast - one.base))


def tell_explained(subject: ReportSubject) -> Section:
    origin = subject.today("explain", *subject.asked)
    if subject.evidence is None:
        why = "nobody answers yet, so there is nothing to explain."
        return Section(TITLE, (Missing(WHAT, why, subject.spell("search")),), origin)
    try:
        session = _open(subject)
    except ForecastError as error:
        return Section(TITLE, (subject.lacking(WHAT, str(error)),), origin)
    blocks = (
        *_about(subject, session),
        *_all(subject, session),
        *_one(subject, session),
        *tell_looked(session),
        *tell_lost(subject),
    )
    return Section(TITLE, blocks, origin)


def _open(subject: ReportSubject) -> ExplainedSession:
    assert subject.version is not None and subject.evidence is not None
    registry = Registry(subject.order.home)
    stood, then, _ = find_speaker(subject.order, registry, None, subject.version.version)
    scene = open_scene(registry.load(stood.version), then.prices)
    of: ForecastPart = "scale" if subject.evidence.role == "reference" else "level"
    horizon = scene.forecaster.spec.task.horizons[0]
    return ExplainedSession(scene, of, horizon, attribute_all(scene, horizon, of))


def _origin(subject: ReportSubject, session: ExplainedSession, *ticker: str) -> NumberOrigin:
    assert subject.version is not None
    return subject.today("explain", *ticker, "--version", subject.version.version, "--of", session.of)


def _about(subject: ReportSubject, session: ExplainedSession) -> list[Block]:
    assert subject.version is not None
    what = {
        "scale": "how wide the range is that each forecast gives: it says no direction",
        "level": "where each forecast says that it goes",
    }
    parts = f"What inputs add, and what is said {words.BASE}, add up to the forecast."
    if session.of == "scale":
        parts = f"What inputs make of it, and what is said {words.BASE}, give the forecast: {FACTORS}."
    told = f"The forecasts of {session.scene.as_of}, {session.horizon} ahead, and {what[session.of]}. {parts}"
    unproven = tell_unproven(session.of, session.horizon, subject.version.proves(session.horizon))
    return [Paragraph(told), *([Paragraph(f"{unproven}.", "note")] if unproven else [])]


def _all(subject: ReportSubject, session: ExplainedSession) -> list[Block]:
    """How far each input moves a forecast, over all tickers."""
    sizes: dict[str, float] = defaultdict(float)
    for one in session.found:
        for name, share in one.by_feature().items():
            sizes[name] += abs(share) / len(session.found)
    pushes = worth_telling([(tell(name), size) for name, size in sizes.items()], lambda one: one[1])
    if not pushes:
        return [
            Missing("Which inputs move the forecasts", "no input moves any: all say what they always say.")
        ]
    proven = subject.version.proves(session.horizon) if subject.version else ()
    first = ", ".join(
        f"{name} by {tell_size(size, session.of, priced=session.priced)}" for name, size in pushes[:3]
    )
    factors = session.of == "scale"
    return [
        picture(
            draw_pushes(
                [(name, 100 * (math.expm1(size) if factors else size)) for name, size in pushes],
                unit="percent wider, or as many times narrower" if factors else "percent, either way",
                proven=CLAIM_OF[session.of] in proven,
            ),
            "inputs",
            f"How far each input moves a forecast of {session.scene.as_of}, up or down, over all tickers",
            f"A bar for each input, the largest on top: {first}.",
            _origin(subject, session),
        )
    ]


def _one(subject: ReportSubject, session: ExplainedSession) -> list[Block]:
    """The forecast that says most, as a table that adds up."""
    one = session.farthest
    told, of, priced = select(moved(one)), session.of, session.priced
    listed = [(piece.words, tell_amount(piece.share, of, priced=priced)) for piece in told.shown]
    if told.others:
        listed.append((told.words, tell_amount(told.rest, of, priced=priced)))
    listed += [
        (words.BASE, tell_end(one.base, of, priced=priced)),
        ("the forecast", tell_end(one.forecast, of, priced=priced)),
    ]
    caption = f"What moved {one.ticker} most, {session.horizon} ahead"
    if of == "scale":
        caption += f"; {FACTORS}"
    elif priced:
        caption += ", as logarithms"
    rows = [{"moved by": name, "adds": amount} for name, amount in listed]
    return [table_of(caption, rows, _origin(subject, session, one.ticker))]


def tell_looked(session: ExplainedSession) -> list[Block]:
    """On which sessions a model that attends looked for that forecast."""
    about, method = session.scene.about(session.farthest.ticker, session.horizon), load_method("attention")
    if why := method.excuse(about):
        return [Missing(words.HEADINGS["looked"], f"{why}.")]
    attention = method.explain(about, session.of)
    assert isinstance(attention, Attention)
    most = sorted(range(len(attention.by_lag)), key=lambda lag: -attention.by_lag[lag])[:3]
    told = "; ".join(
        f"{words.write(attention.by_lag[lag], 'share')} on {f'{lag} before the last' if lag else 'the last session'}"
        for lag in most
    )
    even = words.write(attention.even[most[0]], "share")
    no_say = "" if session.farthest.share_LF.any() else f" {NO_SAY[0].upper()}{NO_SAY[1:]}."
    return [
        Paragraph(
            f"Of its attention for {session.farthest.ticker}, {told}. Even attention: {even} on each.{no_say}"
        )
    ]
