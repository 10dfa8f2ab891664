"""Writes forecasts as rows and lines for the terminal: what is not proven stands in brackets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ml_core.vocabulary import words

if TYPE_CHECKING:
    import polars as pl

    from cli.terminal import Terminal


def forecast_rows(table: pl.DataFrame, *, priced: bool) -> list[dict[str, str]]:
    """`priced`: the target is a return, so that forecasts are told as changes of the price."""
    return [
        {
            "ticker": row["ticker"],
            "as of": str(row["as_of"]),
            "horizon": str(row["horizon"]),
            "mean": told_mean(row, priced=priced),
            **{end: words.move(row[end], priced=priced) for end in ("lower", "upper")},
            "proven": row["proven"] or "nothing",
            **({"in sample": "yes" if row["in_sample"] else ""} if table["in_sample"].any() else {}),
        }
        for row in table.iter_rows(named=True)
    ]


def told_mean(row: Mapping[str, Any], *, priced: bool) -> str:
    """In brackets where it is not proven that a price goes there; none where no direction is said."""
    if row["seat"] == "reference":
        return "none"
    mean = words.move(row["mean"], priced=priced, digits=3)
    return mean if "level" in row["proven"].split() else f"({mean})"


def print_extremes(terminal: Terminal, forecast: pl.DataFrame, *, priced: bool, each: int = 2) -> None:
    """The strongest forecasts of the shortest horizon, up and down."""
    import polars as pl

    if forecast.is_empty():
        return
    nearest = forecast.filter(pl.col("horizon") == forecast["horizon"].min()).sort("mean", descending=True)
    ends = nearest if nearest.height <= 2 * each else pl.concat([nearest.head(each), nearest.tail(each)])
    which = "" if ends is nearest else f"; the {each} highest and the {each} lowest"
    told = ", ".join(
        f"{row['ticker']} {words.move(row['mean'], priced=priced)} "
        f"{words.reach(row['lower'], row['upper'], priced=priced)}"
        for row in ends.iter_rows(named=True)
    )
    terminal.say(
        f"forecast  {forecast['ticker'].n_unique()} tickers as of {forecast['as_of'].max()}, "
        f"{nearest['horizon'].min()} session(s) ahead{which}: {told}"
    )
