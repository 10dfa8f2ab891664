"""What is known beside the bars, as of each session: other series of the same source, and a user's own dated table."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import Field

from ml_core.data.store.bars import PARTED
from ml_core.spec.experiment import FrozenSection

PREFIX = "context_"
OF_TICKER = (
    f"^{PARTED}([^{PARTED}]+){PARTED}(.+)$"  # a ticker holds no slash, and no column may begin with one
)


class Context(FrozenSection):
    """`series`: tickers that are not forecast, as ^VIX; `lag`: sessions after which their close is known, for those
    that close later than the universe; `table`: a Parquet or CSV file of your own, whose column `known` says since
    when each row was known, beside any columns of numbers. A column `date`, if it has one, says what a row is about: a
    value that was revised stands there again with the same date and a later `known`. A column of tickers says whose
    the row is; a row without one holds for all."""

    series: tuple[str, ...] = ()
    lag: Annotated[int, Field(ge=0)] = 0
    table: Path | None = None
    known: str = "known"
    date: str = "date"

    def topic(self, experiment: str) -> str | None:
        """Under which name the store holds what was read of the table; of another file, or another reading of it,
        nothing."""
        if self.table is None:
            return None
        return f"context/{experiment}/{self.table.name}/{self.known}/{self.date}"


def column_of(name: str) -> str:
    """The column that a series or a column of the table becomes: ^VIX is context_vix."""
    return PREFIX + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def name_fact(ticker: pl.Expr, column: str) -> pl.Expr:
    """How FACTS name a column of the table: by itself where it holds for all, else with the ticker before it."""
    own = pl.concat_str(pl.lit(PARTED), ticker, pl.lit(f"{PARTED}{column}"))
    return pl.when(ticker.is_null()).then(pl.lit(column)).otherwise(own)


def part_facts(facts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(name, date, value) that hold for all, and (ticker, name, date, value) that hold for one."""
    name = pl.col("name")
    told = facts.select(
        "date", "value", ticker=name.str.extract(OF_TICKER, 1), name=name.str.replace(OF_TICKER, "$2")
    )
    common = told.filter(pl.col("ticker").is_null()).select("name", "date", "value")
    return common, told.filter(pl.col("ticker").is_not_null()).select("ticker", "name", "date", "value")


def tell_strangers(facts: pl.DataFrame, context: Context, tickers: Sequence[str]) -> list[str]:
    """Whose rows of the table nobody reads."""
    strange = sorted(set(part_facts(facts)[1]["ticker"]) - set(tickers))
    if not strange:
        return []
    one = len(strange) == 1
    first = strange[0] if one else f"first {strange[0]}"
    count = "1 ticker that is" if one else f"{len(strange)} tickers that are"
    return [f"data.context.table {context.table}: rows of {count} not in the universe are not read: {first}"]


def join_context(
    prices: pl.DataFrame, series: pl.DataFrame, facts: pl.DataFrame, *, lag: int = 0
) -> pl.DataFrame:
    """Prices with a column per series and name of the facts: the newest value known on each date, never later.

    `series` holds (ticker, date, close); `facts` are FACTS. Before the first value: null.
    """
    common, own = part_facts(facts)
    both = set(own["name"])  # a column of which some rows have a ticker
    dates = prices.select("date").unique().sort("date")
    dates = _join(dates, series.select("date", name="ticker", value="close"), lag=lag)
    dates = _join(dates, common.filter(~pl.col("name").is_in(list(both))), lag=0)
    joined = prices.join(dates, on="date", how="left", maintain_order="left")
    for name in sorted(both):
        joined = _join_own(joined, common.filter(name=name), own.filter(name=name), name)
    return joined


def _join(dates: pl.DataFrame, told: pl.DataFrame, *, lag: int) -> pl.DataFrame:
    for (name,), rows in told.sort("name", "date").group_by("name", maintain_order=True):
        column = column_of(str(name))
        values = rows.select("date", pl.col("value").alias(column))
        dates = dates.join_asof(values, on="date", strategy="backward").with_columns(
            pl.col(column).shift(lag)
        )
    return dates


def _join_own(prices: pl.DataFrame, common: pl.DataFrame, own: pl.DataFrame, name: str) -> pl.DataFrame:
    """Of one column: for each ticker the newest of its own values and of those for all; of one day, its own."""
    for_all = prices.select("ticker").unique().join(common.select("date", "value"), how="cross")
    told = pl.concat([for_all, own.select("ticker", "date", "value")])
    values = told.unique(["ticker", "date"], keep="last", maintain_order=True).sort("ticker", "date")
    return prices.join_asof(
        values.rename({"value": column_of(name)}),
        on="date",
        by="ticker",
        strategy="backward",
        check_sortedness=False,
    )
