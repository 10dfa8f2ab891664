"""Stretches of a series that are on another scale than the bars after them; the bars scaled back."""

import polars as pl

from ml_core.data.series import Series


def scale_block(
    series: Series, jumps: list[int], ratio: float, *, shares: bool, for_good: bool = True
) -> list[tuple]:
    """The rows (place, factor) that make the stretch agree with what comes after it."""
    found, left = [], list(jumps)
    while left:
        start = left.pop(0)
        back = next((at for at in left if series.change[at] * series.change[start] < 0), None)
        up = series.change[start] > 0
        factor = max(ratio, 1 / ratio)
        if back is not None:
            left = [at for at in left if at > back]
            span, scale = range(start, back), 1 / factor if up else factor
        else:
            span, scale = range(start if for_good else 0), factor if up else 1 / factor
        found += [series.scaled(at, scale, shares=shares) for at in span]
    return found


def scale_bars(bars: pl.DataFrame, rows: list[tuple]) -> pl.DataFrame:
    """The bars named by (ticker, date, factor of the prices, divisor of the volume), scaled."""
    columns = {"ticker": pl.String, "date": pl.Date, "scale": pl.Float64, "shares": pl.Float64}
    scaled = pl.DataFrame(rows, schema=columns, orient="row").unique(["ticker", "date"], keep="first")
    names = ("open", "high", "low", "close")
    return bars.join(scaled, on=["ticker", "date"]).select(
        "ticker",
        "date",
        *((pl.col(name) * pl.col("scale")) for name in names),
        volume=pl.col("volume") / pl.col("shares"),
        adj_close=pl.col("adj_close") * pl.col("scale"),
    )
