"""Draws what moved a forecast as bars and a map over lags, then says it as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ml_core.explain.amounts import FACTORS, MOST, select, tell_amount, tell_end
from ml_core.vocabulary import words

if TYPE_CHECKING:
    import polars as pl

    from ml_core.explain.attribution import ForecastPart
    from ml_core.explain.methods.moved import Moved, Piece
    from ml_core.explain.subject import Scene, Subject
    from ml_core.registry.version import ModelVersion

HALF = 24  # signs of a bar to either side
SHADES = " ░▒▓█"
WIDE = 48  # signs of the map over lags
TITLES = {
    "level": "what moved this forecast",
    "order": "what sets this forecast apart from those of the other tickers",
    "scale": "what makes this forecast's range wide or narrow",
}


def one_lines(
    subject: Subject,
    version: ModelVersion,
    found: Mapping[str, Any],
    *,
    of: ForecastPart,
    priced: bool,
    proven: Sequence[str],
) -> Iterator[str]:
    """The picture, then the table; what other methods tell stands below."""
    from ml_core.explain.spoken import tell_unproven

    moved: Moved = found["moved"]
    who = f"version {version.version}, {subject.horizon} ahead as of {subject.scene.as_of}"
    yield f"{subject.ticker}: {TITLES[of]} ({who})"
    if told := tell_unproven(of, subject.horizon, proven, learned=learned_day(subject.scene, version)):
        yield f"  {told}"
    yield from picture(moved, priced=priced)
    yield from heat_lines(moved)
    yield ""
    yield from table(moved, priced=priced)


def learned_day(scene: Scene, version: ModelVersion) -> dt.date | None:
    """The day that is explained, where the model learned from it."""
    return scene.as_of if scene.as_of < version.evidence.unseen else None


def picture(moved: Moved, *, priced: bool) -> Iterator[str]:
    """A bar for each piece to the side to which it pushes, the largest first."""
    told = select(moved)
    if not told.shown:
        yield "  nothing moved it: it says what it always says"
        return
    bars = [(one.words, one.share) for one in told.shown]
    bars += [(told.words, told.rest)] if told.others else []
    largest = max(abs(share) for _, share in bars)
    wide = max(len(name) for name, _ in bars)
    for name, share in bars:
        yield f"  {name:<{wide}}  {bar(share / largest)}  {tell_amount(share, moved.of, priced=priced)}"


def bar(share: float) -> str:
    """To the right of the middle where it pushes up, to the left where it pushes down."""
    signs = round(abs(share) * HALF)
    down, up = ("█" * signs, "") if share < 0 else ("", "█" * signs)
    return f"{down:>{HALF}}│{up:<{HALF}}"


def heat_lines(moved: Moved) -> Iterator[str]:
    """How much each of the first features moved it at each lag, the last session on the right."""
    rows = dict(zip(moved.features, moved.heat, strict=True))
    shown = [one for one in select(moved).shown if one.name in rows]
    lags = len(moved.by_lag)
    if lags < 2 or not shown:
        return
    largest = max(abs(share) for one in shown for share in rows[one.name]) or 1.0
    wide = max(len(one.words) for one in shown)
    yield f"  {'when: how much at each lag':<{wide}}  {lags} sessions back {'.' * max(0, min(lags, WIDE) - 24)} today"
    for one in shown:
        shares = rows[one.name][:WIDE][::-1]
        cells = "".join(SHADES[round(abs(share) / largest * (len(SHADES) - 1))] for share in shares)
        yield f"  {one.words:<{wide}}  [{cells}]"


def table(moved: Moved, *, priced: bool) -> Iterator[str]:
    """The pieces and what they add up to."""
    from cli.terminal import aligned

    several, told = moved.members > 1, select(moved)

    def amount(share: float) -> str:
        return tell_amount(share, moved.of, priced=priced)

    rows = [
        {
            "moved by": one.words,
            "adds": amount(one.share),
            "up": amount(one.up),
            "down": amount(one.down),
            **({"members agree": _agree(one, moved.members)} if several else {}),
        }
        for one in told.shown
    ]
    empty = {"up": "", "down": "", **({"members agree": ""} if several else {})}
    whole = "the forecast, as a log return" if priced and moved.of != "scale" else "the forecast"
    ends = [
        *([{"moved by": told.words, "adds": amount(told.rest), **empty}] if told.others else []),
        {"moved by": words.BASE, "adds": tell_end(moved.base, moved.of, priced=priced), **empty},
        {"moved by": whole, "adds": tell_end(moved.forecast, moved.of, priced=priced), **empty},
    ]
    yield from aligned([*rows, *ends])
    if moved.of == "scale":
        yield f"  {FACTORS}"


def _agree(piece: Piece, members: int) -> str:
    return "" if piece.agreeing is None else f"{piece.agreeing} of {members}"


def all_lines(
    scene: Scene,
    version: ModelVersion,
    rows: pl.DataFrame,
    *,
    horizon: int,
    of: ForecastPart,
    proven: Sequence[str],
) -> Iterator[str]:
    """What moves the forecasts of a session, by the mean size of its shares over all tickers."""
    import polars as pl

    from ml_core.explain.rows import by_name
    from ml_core.explain.spoken import tell_unproven

    who = f"{horizon} ahead, by version {version.version}"
    yield f"what moves the forecasts of {scene.as_of}, {who}: mean size over tickers"
    if told := tell_unproven(of, horizon, proven, learned=learned_day(scene, version)):
        yield f"  {told}"
    pieces = by_name(rows.filter(pl.col("name") != "base")).group_by("words")
    sizes = pieces.agg(pl.col("share").abs().mean()).sort("share", descending=True).head(MOST)
    largest = sizes["share"].max()
    if not largest:
        yield "  no input moves any: all say what they always say"
        return
    wide = max(map(len, sizes["words"]), default=0)
    for told, size in sizes.iter_rows():
        yield f"  {told:<{wide}}  {'█' * round(size / largest * HALF)}"


def ticker_rows(rows: pl.DataFrame, *, of: str, priced: bool, silent: bool = False) -> list[dict[str, str]]:
    """Each ticker's forecast, and the two pieces that move it most; `silent`: whoever gives none of this kind."""
    import polars as pl

    from ml_core.explain.rows import by_name

    table_rows = []
    for (ticker,), own in by_name(rows).group_by("ticker", maintain_order=True):
        pieces = own.filter(pl.col("name") != "base").sort(pl.col("share").abs(), descending=True).head(2)
        told = [
            f"{one['words']} {tell_amount(one['share'], of, priced=priced)}"
            for one in pieces.iter_rows(named=True)
            if one["share"]
        ]
        table_rows.append(
            {
                "ticker": str(ticker),
                "forecast": "none" if silent else tell_end(float(own["share"].sum()), of, priced=priced),
                "moved most by": "; ".join(told) or "nothing",
            }
        )
    return table_rows
