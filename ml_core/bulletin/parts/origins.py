"""Where the money of the strategy came from: the market, timing and choice, long and short, sectors, tickers, costs."""

from __future__ import annotations

from collections.abc import Mapping

from ml_core.bulletin.replay import Replay
from ml_core.portfolio.attribution import ReturnAttribution
from ml_core.reporting.document.document import Block, Missing, NumberOrigin, table_of
from ml_core.vocabulary import words

WHAT = words.HEADINGS["origins"]
ENDS = 4  # tickers and sectors on either end
WAYS = {"market": "by market", "side": "by side", "sector": "by sector", "ticker": "by ticker"}


def tell_origins(again: Replay, origin: NumberOrigin) -> list[Block]:
    """Each way to split it adds up to the total return."""
    told = again.origins
    if told is None:
        return [Missing(WHAT, again.why)]
    if not any(told.parts["gain"]):
        return [Missing(WHAT, "nothing was held, so nothing was earned or lost.")]
    rows = [
        {"split": WAYS[way], "part": name, "gain": words.percent(gain)}
        for way in WAYS
        for name, gain in _listed(told, way).items()
    ]
    rows.append(
        {"split": "in all", "part": words.MONEY["cumulative"].label, "gain": words.percent(told.total)}
    )
    caption = (
        f"{WHAT}: shares of the equity at the start; the parts of each split add up to the "
        f"{words.MONEY['cumulative'].label}, those of sectors and tickers after their costs"
    )
    return [table_of(caption, rows, origin)]


def _listed(told: ReturnAttribution, way: str) -> dict[str, float]:
    parts = told.by(way)
    if way in ("market", "side"):
        beta = f" of {words.write(told.beta, 'ratio')}"
        return {words.ORIGINS[name] + beta * (name == "market"): gain for name, gain in parts.items()}
    return _ends(parts)


def _ends(parts: Mapping[str, float]) -> dict[str, float]:
    """All of a few; of many those that earned and those that lost most, and the others as one."""
    ranked = sorted(parts.items(), key=lambda one: -one[1])
    if len(ranked) <= 2 * ENDS:
        return dict(ranked)
    rest = ranked[ENDS:-ENDS]
    others = {f"{len(rest)} others": sum(gain for _, gain in rest)}
    return {**dict(ranked[:ENDS]), **others, **dict(ranked[-ENDS:])}
