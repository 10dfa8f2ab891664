"""Writes where live claims stand as rows, lines and a small curve for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml_core.claims.kind import LiveTest, load_claim
from ml_core.vocabulary import words

if TYPE_CHECKING:
    import polars as pl

    from ml_core.live.standing import LiveStanding

BARS = "▁▂▃▄▅▆▇█"
WIDE = 40


def standing_rows(standings: Sequence[LiveStanding]) -> list[dict[str, str]]:
    """One row for each claim that is asked, in the order in which versions came to be watched."""
    return [
        {
            "version": one.terms.line,
            "claim": one.terms.claim,
            "ahead": str(one.terms.horizon),
            "since": f"{one.terms.since}",
            "sessions": str(one.sessions),
            "effect [95 %, however often one looks]": effect(one),
            "for it": value(one.better),
            "against it": value(one.refuted),
            "decides": value(one.terms.needed),
            "verdict": one.verdict if one.decided_on is None else f"{one.verdict} on {one.decided_on}",
        }
        for one in standings
        if one.terms.asked
    ]


def effect(one: LiveStanding) -> str:
    """How much smaller the loss is, or how much higher the rank IC, with its confidence sequence."""
    if one.mean is None:
        return words.MISSING
    live = load_claim(one.terms.claim).live
    form = "change" if isinstance(live, LiveTest) and live.is_share else "correlation"
    return f"{words.write(one.mean, form)} {words.interval(one.low, one.high, form)}"


def value(number: float) -> str:
    """An e-value: what one unit staked has become."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"


def unasked_lines(standings: Sequence[LiveStanding]) -> list[str]:
    """Each reason once, with the claims that it is of."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in standings:
        if not one.terms.asked:
            place = f"{one.terms.claim} {one.terms.horizon} ahead"
            reasons.setdefault((one.terms.line, one.terms.reason), []).append(place)
    return [
        f"version {line}, {', '.join(places)}: not asked live: {why}"
        for (line, why), places in reasons.items()
    ]


def curve(rows: pl.DataFrame, side: str, needed: float) -> str:
    """How an e-value went, on the scale of its logarithm from one to what decides; a sign for a stretch of time."""
    import numpy as np

    values = np.log(np.clip(rows[side].to_numpy(), 1.0, needed)) / np.log(needed)
    parts = np.array_split(values, min(WIDE, len(values)))
    return "".join(BARS[min(int(part[-1] * len(BARS)), len(BARS) - 1)] for part in parts)


def means_tested(standings: Sequence[LiveStanding]) -> list[str]:
    """Which mean each test is of: the bound was fixed before the first date."""
    return [
        f"version {one.terms.line}, {one.terms.claim} {one.terms.horizon} ahead: the mean difference per date beside "
        f"{one.terms.rival}, cut at ±{one.terms.bound:.3g} (so far {one.cut} of {one.sessions} dates were)"
        for one in standings
        if one.terms.asked
    ]
