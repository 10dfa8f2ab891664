"""What each claim would lose without an input, on the holdout: as bars with their intervals, and as a table."""

from __future__ import annotations

from ml_core.bulletin.pictures import picture
from ml_core.bulletin.subject import ReportSubject
from ml_core.errors import ForecastError
from ml_core.explain.risen import tell_ends, tell_rise
from ml_core.explain.spoken import CLAIM_OF
from ml_core.explain.stretch import open_holdout
from ml_core.explain.surveys import importance
from ml_core.explain.surveys.importance import InputImportance, Rise
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.reporting.document.document import Block, Missing, NumberOrigin, Paragraph, Points, table_of
from ml_core.reporting.rises import draw_rises
from ml_core.vocabulary import words

WHAT = words.HEADINGS["lost"]
MOST, SEED = 10, 0
OF_CLAIM = {claim: of for of, claim in CLAIM_OF.items()}  # as the command asks for it


def tell_lost(subject: ReportSubject) -> list[Block]:
    assert subject.version is not None
    try:
        stretch, _ = open_holdout(subject.order, Registry(subject.order.home), subject.version)
        if why := importance.excuse(stretch):
            return [Missing(WHAT, f"{why}.")]
        survey = importance.explain(stretch, stretch.windows.horizons[0], SEED, kinds=("together",))
    except ForecastError as error:
        return [subject.lacking(WHAT, str(error))]
    if not survey.claims:
        return [Missing(WHAT, f"{'; '.join(survey.silent.values())}.")]
    claim = _first(survey, subject.version)
    asked = ("--of", OF_CLAIM[claim]) if claim in OF_CLAIM else ()
    origin = subject.then("explain", "--importance", *asked)
    return [
        Paragraph(_about(survey)),
        _drawn(survey, claim, origin, proven=claim in subject.version.proves(survey.horizon)),
        _table(survey, subject.then("explain", "--importance", "--json")),
        *_members(survey),
    ]


def _first(survey: InputImportance, version: ModelVersion) -> str:
    """A claim that is proven of it, where one is."""
    proven = version.proves(survey.horizon)
    return next(
        (name for name in words.CLAIMS if name in survey.claims and name in proven), next(iter(survey.claims))
    )


def _about(survey: InputImportance) -> str:
    asked = words.stretch_told(survey.first, survey.last, survey.dates)
    exchanged = words.EXCHANGED.format(repeats=survey.repeats, level=words.short_percent(survey.level))
    return (
        f"What an input is worth shows where it is taken away: {asked}, {survey.horizon} ahead; {exchanged}. Inputs "
        "that say nearly the same are taken away together."
    )


def _shown(survey: InputImportance) -> list[Rise]:
    """The largest of the first claim."""
    return list(next(iter(survey.claims.values())).of_kind("together")[:MOST])


def _members(survey: InputImportance) -> list[Block]:
    """Which inputs are taken away together, each bundle once."""
    of = {rise.names: rise for claim in survey.claims.values() for rise in claim.of_kind("together")[:MOST]}
    told = tuple(f"{one.words}: {one.members}" for one in of.values() if one.members)
    return [Paragraph("Taken away together:"), Points(told)] if told else []


def _drawn(survey: InputImportance, claim: str, origin: NumberOrigin, *, proven: bool) -> Block:
    of = survey.claims[claim]
    shown = of.of_kind("together")[:MOST]
    factor, unit = (
        (100.0, "rise of the loss, percent of it")
        if of.of == "share"
        else (1.0, f"{words.RANK_IC} that is lost")
    )
    bars = [(one.words, factor * one.rise, factor * one.low, factor * one.high) for one in shown]
    told = "; ".join(
        f"{one.words} {tell_rise(one.rise, of)}, between {' and '.join(tell_ends(one, of))}"
        for one in shown[:3]
    )
    return picture(
        draw_rises(bars, unit=unit, proven=proven),
        "importance",
        f"What {claim} would lose without each input, {survey.horizon} ahead, on the holdout; the line holds the true "
        f"loss, grey is no surer than luck{'' if proven else f', and so is all of {claim}, which is not proven'}",
        f"A bar for each input, the largest on top: {told}.",
        origin,
    )


def _table(survey: InputImportance, origin: NumberOrigin) -> Block:
    """The largest of any claim, beside each other."""
    by_name = {name: {one.names: one for one in of.of_kind("together")} for name, of in survey.claims.items()}
    first, names = next(iter(survey.claims)), [one.names for one in _shown(survey)]
    rows = []
    for key in names:
        ones: dict[str, Rise] = {name: rises[key] for name, rises in by_name.items()}
        rows.append(
            {
                "without": ones[first].words,
                **{name: tell_rise(one.rise, survey.claims[name]) for name, one in ones.items()},
                "surely": ", ".join(name for name, one in ones.items() if one.surely) or "none",
            }
        )
    caption = (
        f"What each claim would lose: by how much its loss rises (of order: the {words.RANK_IC} that is lost), and of "
        "which claims that is surely more than nothing"
    )
    return table_of(caption, rows, origin)
