"""Draws what a model hangs on over its holdout: what it would lose without an input, as bars with their intervals, and
how it depends on single inputs and on pairs; then says it as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cli.terminal import aligned
from ml_core.explain.amounts import tell_amount, tell_size
from ml_core.explain.risen import tell_ends, tell_rise
from ml_core.vocabulary import words

if TYPE_CHECKING:
    import polars as pl

    from ml_core.explain.surveys.dependence import Dependence, OfPart
    from ml_core.explain.surveys.importance import InputImportance, OfClaim, Rise

SHOWN, WIDE = 12, 44  # inputs in the picture and rows of a table; signs of a bar with its interval
LONGEST = 72  # signs of what is exchanged together, before it is cut
CURVE = "▁▂▃▄▅▆▇█"


def importance_lines(told: InputImportance, claim: str, *, who: str, note: str = "") -> Iterator[str]:
    """The picture, then a table of each list. `note` stands above the numbers."""
    of_claim = told.claims[claim]
    yield f"what {claim} would lose without an input ({who}, {told.horizon} ahead)"
    if note:
        yield f"  {note}"
    yield f"  {words.stretch_told(told.first, told.last, told.dates)}; {loss_told(of_claim)}"
    shown = of_claim.of_kind("together")[:SHOWN]
    yield from _picture(shown, of_claim)
    for kind, title in words.TAKEN.items():
        if rises := tuple(one for one in of_claim.rises if one.kind == kind):
            yield ""
            what = "the loss rises by" if of_claim.of == "share" else f"its {words.RANK_IC} falls by"
            yield f"{title}: {what}"
            yield from aligned([_row(one, of_claim) for one in rises[:SHOWN]])
            if len(rises) > SHOWN:
                yield f"{len(rises) - SHOWN} more that rise less; --json and --out tell of all"
            yield from (f"{one.words}: {one.members}" for one in rises[:SHOWN] if one.members)
    yield ""
    yield words.EXCHANGED.format(repeats=told.repeats, level=words.short_percent(told.level))


def loss_told(found: OfClaim) -> str:
    if found.of == "share":
        return "its loss now is the whole of which shares are told"
    return f"its {words.RANK_IC} now is {words.write(found.loss, 'correlation')}"


def _row(one: Rise, of_claim: OfClaim) -> dict[str, str]:
    return {
        "without": cut(one.words),
        "rise": tell_rise(one.rise, of_claim),
        "interval": f"[{', '.join(tell_ends(one, of_claim))}]",
        "": "surely" if one.surely else "",
    }


def cut(told: str) -> str:
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"


def _picture(shown: Sequence[Rise], of_claim: OfClaim) -> Iterator[str]:
    """A bar from zero to the rise, and the line of its interval through it."""
    low = min(0.0, *(one.low for one in shown))
    high = max(0.0, *(one.high for one in shown))
    if not high > low:
        yield "  without any of them it says the same"
        return
    wide = max(len(cut(one.words)) for one in shown)

    def place(value: float) -> int:
        return round((value - low) / (high - low) * (WIDE - 1))

    for one in shown:
        signs = [" "] * WIDE
        for at in range(place(one.low), place(one.high) + 1):
            signs[at] = "─"
        for at in range(*sorted((place(0.0), place(one.rise)))):
            signs[at] = "█"
        signs[place(0.0)] = "│"
        signs[place(one.rise)] = "●"
        yield f"  {cut(one.words):<{wide}}  {''.join(signs)}  {tell_rise(one.rise, of_claim)}"


def importance_rows(told: InputImportance) -> pl.DataFrame:
    """(claim, horizon, kind, words, names, rise, low, high, of): all rises of all claims."""
    import polars as pl

    rows = [
        (claim, told.horizon, one.kind, one.words, " ".join(one.names), one.rise, one.low, one.high, own.of)
        for claim, own in told.claims.items()
        for one in own.rises
    ]
    columns = ["claim", "horizon", "kind", "words", "names", "rise", "low", "high", "of"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def dependence_lines(
    told: Dependence, found: OfPart, *, who: str, priced: bool, note: str = ""
) -> Iterator[str]:
    """A curve for each input, then the pairs. `note` stands above the numbers."""
    what = {"level": "the expected move", "scale": "the width of the range"}[found.of]
    yield f"how {what} depends on single inputs ({who}, {told.horizon} ahead)"
    if note:
        yield f"  {note}"
    if not found.curves:
        yield "  no input of the last session moves it"
        return
    yield from _curves(found, priced=priced)
    yield ""
    yield "pairs that count together: H, and how much beyond what each does"
    yield from _pairs(found, priced=priced)
    yield f"over {told.rows} rows that were not learned from; of a pair that does next to nothing H means little"


def _curves(part: OfPart, *, priced: bool) -> Iterator[str]:
    wide = max(len(cut(curve.words)) for curve in part.curves)
    for curve in part.curves:
        least, most = min(curve.effect), max(curve.effect)
        reach = (most - least) or 1.0
        picture = "".join(CURVE[round((one - least) / reach * (len(CURVE) - 1))] for one in curve.effect)
        ends = f"{tell_amount(curve.effect[0], part.of, priced=priced)} to "
        ends += tell_amount(curve.effect[-1], part.of, priced=priced)
        span = f"{words.number(curve.values[0])} to {words.number(curve.values[-1])}"
        yield f"  {cut(curve.words):<{wide}}  [{picture:<11}]  {ends}, as it goes from {span}"


def _pairs(part: OfPart, *, priced: bool) -> Iterator[str]:
    if not part.pairs:
        yield "  it takes two inputs to make a pair"
        return
    yield from aligned(
        [
            {
                "pair": f"{cut(pair.words[0])} x {cut(pair.words[1])}",
                "H": f"{pair.h:.2f}",
                "beyond": tell_size(pair.beyond, part.of, priced=priced),
            }
            for pair in part.pairs[:SHOWN]
        ]
    )


def dependence_rows(told: Dependence) -> pl.DataFrame:
    """(of, horizon, what, one, other, value, effect, h, beyond): the points of all curves, and all pairs."""
    import polars as pl

    columns = ["of", "horizon", "what", "one", "other", "value", "effect", "h", "beyond"]
    rows = []
    for part in (told.level, told.scale):
        rows += [
            (part.of, told.horizon, "curve", curve.name, None, value, effect, None, None)
            for curve in part.curves
            for value, effect in zip(curve.values, curve.effect, strict=True)
        ]
        rows += [
            (part.of, told.horizon, "pair", *pair.names, None, None, pair.h, pair.beyond)
            for pair in part.pairs
        ]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
