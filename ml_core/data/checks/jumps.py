"""Changes of price that nothing recorded explains. A jump is evidence of itself only: the bar is kept, and said."""

import polars as pl

from ml_core.data.quality.usual_moves import add_changes, moved, shifted, tickers_with
from ml_core.data.quality.verdicts import BarContext, Found, check

JUMP = 0.15  # the least log change that is said
RARE = 8.0  # in units of the ticker's own volatility
SHORT = 3  # sessions within which a price that left comes back


@check("told", "note")
def unexplained_jump(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The price jumps, and nothing recorded says why; kept as it came."""
    return _jumps(bars).filter("jump").select("ticker", "date")


@check("told", "note")
def comes_back(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The price is elsewhere for a bar or a few, then back, as a bad print or a panic is; kept as it came."""
    marked, excursions = _jumps(bars), []
    if not marked["jump"].any():
        return pl.lit(False)
    marked = marked.with_columns(left=pl.col("jump"))
    for length in range(1, SHORT + 1):
        whole = pl.sum_horizontal(_later("change", by) for by in range(length + 1))
        back = pl.col("left") & (whole.abs() < 0.25 * pl.col("change").abs())
        marked = marked.with_columns(
            back=back & _later("date", length).is_not_null(), known=_later("date", length)
        )
        marked = marked.with_columns(left=pl.col("left") & ~pl.col("back"))
        for by in range(length):
            inside = {name: shifted(pl.col(name), by) for name in ("back", "known")}
            excursions.append(marked.select("ticker", "date", **inside).filter("back").drop("back"))
    return pl.concat(excursions).sort("known").unique(["ticker", "date"], keep="first", maintain_order=True)


def _jumps(bars: pl.DataFrame) -> pl.DataFrame:
    moving = tickers_with(bars, moved(JUMP))
    if moving.is_empty():
        return moving.with_columns(jump=pl.lit(False))
    marked = add_changes(moving)
    least = pl.max_horizontal(pl.lit(JUMP), RARE * pl.col("volatility"))
    return marked.with_columns(jump=pl.col("change").abs() >= least)


def _later(name: str, by: int) -> pl.Expr:
    return shifted(pl.col(name), -by)
