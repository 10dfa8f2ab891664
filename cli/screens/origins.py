"""Draws where the money of a backtest came from: a bar for each part, then who earned and who lost most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cli.screens.explain import bar
from ml_core.vocabulary import words
from ml_core.vocabulary.words import ORIGINS

if TYPE_CHECKING:
    from ml_core.portfolio.attribution import ReturnAttribution

MOST = 3  # tickers on either end


def origin_lines(told: ReturnAttribution) -> Iterator[str]:
    """Each way to split it adds up to the total return."""
    yield f"where it came from: {_amount(told.total)} of the equity at the start; each split adds up to it"
    market, side = told.by("market"), told.by("side")
    largest = max(map(abs, (*market.values(), *side.values()))) or 1.0
    wide = max(len(_name(name, told)) for name in (*market, *side))
    for parts in (market, side):
        for name, gain in parts.items():
            if name != "costs" or parts is market or not market:
                yield f"  {_name(name, told):<{wide}}  {bar(gain / largest)}  {_amount(gain)}"
        if parts is market and market:
            yield "  or, before the same costs"
    yield f"  or by ticker, after its costs: {_ends(told.by('ticker'))}"
    if sectors := told.by("sector"):
        yield f"  or by sector: {_ends(sectors)}"


def _name(part: str, told: ReturnAttribution) -> str:
    beta = f" of {words.write(told.beta, 'ratio')}" if part == "market" else ""
    return ORIGINS[part] + beta


def _ends(parts: Mapping[str, float]) -> str:
    """All of a few; of many those that earned and those that lost most, and the rest as one."""
    ranked = sorted(parts.items(), key=lambda one: -one[1])
    if len(ranked) <= 2 * MOST:
        return ", ".join(f"{name} {_amount(gain)}" for name, gain in ranked)
    best, rest, worst = ranked[:MOST], ranked[MOST:-MOST], ranked[-MOST:]
    others = (f"{len(rest)} others", sum(gain for _, gain in rest))
    return ", ".join(f"{name} {_amount(gain)}" for name, gain in (*best, others, *worst))


def _amount(gain: float) -> str:
    return words.percent(gain)
