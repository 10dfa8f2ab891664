"""Single bars that lie apart from both of their neighbours: of another day, of another company, or a wild day."""

import polars as pl

from ml_core.data.quality.usual_moves import LEAST_VOLATILITY, SAME, before, shifted, tickers_with
from ml_core.data.quality.verdicts import BarContext, Found, check

APART = 0.03  # the least log distance between the ranges
CALM = 4.0  # in units of the ticker's own volatility
RARE = 0.95  # of the changes around it are smaller: a thin stock bounces between its quotes again and again
CROWD = 4.0  # times the usual volume: people traded on something that happened
AROUND = 61
USUAL = 20


@check("told", "note")
def bar_apart(bars: pl.DataFrame, _scene: BarContext) -> Found:
    """The whole bar lies apart from those before and after it, which agree, on a usual volume; kept as it came."""
    bars = tickers_with(bars, _beside())
    if bars.is_empty():
        return pl.lit(False)
    gaps = bars.select("ticker", "date", gap=pl.max_horizontal(_above(), _below()), net=_net())
    apart = gaps.filter(pl.col("gap") > APART, pl.col("net") < pl.col("gap") / 2)
    lone = (
        bars.filter(pl.col("ticker").is_in(apart["ticker"].unique().implode()))
        .with_columns(
            step=(pl.col("close") - before("close")).abs(), gap=pl.max_horizontal(_above(), _below())
        )
        .with_columns(size=_log(pl.col("close"), before("close")).abs(), traded=before("volume"), net=_net())
        .with_columns(
            usual=_around(pl.col("size").rolling_median(AROUND, min_samples=1, center=True)) * 1.4826,
            rare=_around(
                pl.col("size").rolling_quantile(RARE, window_size=AROUND, min_samples=1, center=True)
            ),
            tick=_around(pl.col("step").filter(pl.col("step") > SAME * pl.col("close")).min()),
            volume_before=_around(pl.col("traded").rolling_median(USUAL, min_samples=1)),
        )
    )
    least = pl.max_horizontal(pl.lit(LEAST_VOLATILITY), pl.col("tick") / pl.col("close"))
    far = pl.max_horizontal(pl.lit(APART), CALM * pl.max_horizontal("usual", least), "rare")
    calm = pl.col("volume") < CROWD * pl.col("volume_before")
    apart = (pl.col("gap") > far) & (pl.col("net") < pl.col("gap") / 2) & calm
    return lone.with_columns(known=_after("date")).filter(apart).select("ticker", "date", "known")


def _beside() -> pl.Expr:
    """No bar is apart of which this does not hold; to look whose the bars around it are costs more."""
    high, low = pl.col("high"), pl.col("low")
    above = [low > (1 + APART) * high.shift(by) for by in (1, -1)]
    below = [high * (1 + APART) < low.shift(by) for by in (1, -1)]
    return pl.all_horizontal(above) | pl.all_horizontal(below)


def _net() -> pl.Expr:
    """How far the close after the bar is from the one before it."""
    return _log(_after("close"), before("close")).abs()


def _above() -> pl.Expr:
    highest = pl.max_horizontal(before("high"), _after("high"))
    return pl.when(_neighbours("high")).then(_log(pl.col("low"), highest))


def _below() -> pl.Expr:
    lowest = pl.min_horizontal(before("low"), _after("low"))
    return pl.when(_neighbours("low")).then(_log(lowest, pl.col("high")))


def _neighbours(name: str) -> pl.Expr:
    return before(name).is_not_null() & _after(name).is_not_null()


def _after(name: str) -> pl.Expr:
    return shifted(pl.col(name), -1)


def _around(value: pl.Expr) -> pl.Expr:
    return value.over("ticker")


def _log(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return (one / other).log()
