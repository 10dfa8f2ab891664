"""Writes the versions of a model as tables: what of each is proven, and two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_core.registry.seats import seat_of, tell_seat
from ml_core.registry.version import ModelVersion
from ml_core.vocabulary import words
from ml_core.vocabulary.words import MONEY
from serving.lineup import Lineup
from serving.look.markup import MISSING, Cell, begin, panel, table, write

SHOWN = 10
SIDES = ("sharpe", "annual_return", "max_drawdown", "annual_turnover")
SCORES = ("ic", "coverage")


def show_verdicts(lineup: Lineup) -> str:
    """A row a version, a column a claim: at which horizons it is proven, by the holdout or by what came since."""
    versions = lineup.versions[:SHOWN]
    names = [name for name in words.CLAIMS if any(_asked(one, name) for one in versions)]
    rows = [
        [
            Cell(f"Version {one.version}", f"{one.created:%d %b %Y}", "cc-own" if seat_of(one) else ""),
            *(_standing(one, name) for name in names),
            Cell(tell_seat(one), "", "cc-why"),
        ]
        for one in versions
    ]
    more = (
        f"; {len(lineup.versions) - SHOWN} older ones are not shown" if len(lineup.versions) > SHOWN else ""
    )
    about = f"The horizons at which each claim is proven, the newest version first{more}."
    return panel(
        "What is proven of each version", about, table(("Version", *map(begin, names), "Seat"), rows)
    )


def show_beside(first: ModelVersion, second: ModelVersion) -> str:
    """Two versions on their holdouts. Where those differ, it is said: such figures may not be compared."""
    both = (first, second)
    spans = [one.evidence.holdout for one in both]
    rows: list[Sequence[Cell | str]] = [
        ["Seat", *(seat_of(one) or "none" for one in both)],
        ["Made", *(f"{one.created:%d %b %Y}" for one in both)],
        ["Model", *(words.baseline(one.spec.told) for one in both)],
        ["Trained to", *(_trained(one) for one in both)],
        ["Holdout", *(_holdout(one) for one in both)],
        ["Gate", *(_gate(one) for one in both)],
        ["Trials before it", *(str(one.evidence.search.trials) for one in both)],
        ["Scores", *(_whose(one) for one in both)],
    ]
    for metric in SCORES:
        for horizon in first.spec.task.horizons:
            cells = [_score(one, metric, horizon) for one in both]
            if any(cell.value for cell in cells):
                rows.append([Cell(begin(words.metric(metric).label), f"{horizon} ahead"), *cells])
    rows += [
        [
            begin(MONEY[name].label),
            *(_earned(one, name) for one in both),
        ]
        for name in SIDES
    ]
    told = (
        "on the same holdout"
        if spans[0] == spans[1]
        else "on different holdouts: their scores may not be compared"
    )
    head = ("", *(f"Version {one.version}" for one in both))
    return panel("Side by side", f"Both as they were judged, {told}.", table(head, rows))


def _asked(version: ModelVersion, name: str) -> bool:
    return any(one.claim == name for one in version.evidence.claims)


def _standing(version: ModelVersion, name: str) -> Cell:
    """With a sign before the words, so that the colour is not all that tells it."""
    asked = [one for one in version.evidence.claims if one.claim == name and one.standing != "not asked"]
    proven = [one.horizon for one in asked if name in version.proves(one.horizon)]
    back = [
        horizon
        for (claim, horizon), noted in version.live.items()
        if claim == name and noted.verdict == "refuted"
    ]
    if back:
        return Cell("\N{MULTIPLICATION X} given back", f"live, {_ahead(back)}", "cc-refuse")
    if proven:
        return Cell("\N{CHECK MARK} proven", _ahead(proven), "cc-pass")
    return Cell("not proven" if asked else "not asked", "", "cc-unproven")


def _ahead(horizons: Sequence[int]) -> str:
    return f"{', '.join(map(str, sorted(horizons)))} ahead"


def _gate(version: ModelVersion) -> Cell:
    gate = version.evidence.gate
    return (
        Cell("passed", "", "cc-pass")
        if gate.passed
        else Cell("refused", gate.told_refused, "cc-refuse cc-why")
    )


def _trained(version: ModelVersion) -> Cell:
    """The last session that it was fitted on; a refit was calibrated on all that came after it, too."""
    evidence = version.evidence
    through = f"learned to {evidence.refit.through:%d %b %Y}" if evidence.refit else ""
    return Cell(f"{evidence.trained.end:%d %b %Y}", through)


def _holdout(version: ModelVersion) -> Cell:
    holdout, refit = version.evidence.holdout, version.evidence.refit
    whose = f" of version {refit.judged}" if refit else ""
    return Cell(f"{holdout.start:%d %b %Y}", f"to {holdout.end:%d %b %Y}{whose}")


def _whose(version: ModelVersion) -> Cell:
    """A refit has learned from the holdout: the scores in its evidence are another's."""
    refit = version.evidence.refit
    return Cell("none of its own", f"judged as version {refit.judged}") if refit else Cell("its own")


def _earned(version: ModelVersion, name: str) -> str:
    if version.evidence.refit:
        return MISSING
    return write(getattr(version.evidence.backtest, name), MONEY[name].form)


def _score(version: ModelVersion, metric: str, horizon: int) -> Cell:
    form: Any = words.metric(metric).form
    for row in () if version.evidence.refit else version.evidence.holdout_scores:
        if (row.metric, row.horizon) == (metric, horizon):
            ends = f"{write(row.low, form)} to {write(row.high, form)}" if row.low is not None else ""
            return Cell(write(row.value, form), ends)
    return Cell("")
