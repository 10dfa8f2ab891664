"""What is known beside the bars, as of each session: other series of the same source, and a user's own dated table."""

import datetime as dt
from pathlib import Path

import polars as pl

from ml_core.errors import InvalidInput
from ml_core.experiment import Section


class Context(Section):
    """`series`: tickers that are not forecast, as ^VIX; `table`: a Parquet or CSV file of your own, with the day
    on which each row became `known` and any columns of numbers."""

    series: tuple[str, ...] = ()
    table: Path | None = None
    known: str = "known"


def join_context(
    sessions: pl.Series, series: pl.DataFrame, table: pl.DataFrame | None = None
) -> pl.DataFrame:
    """(date, one column per series or column of the table): the newest value known by each session, never later.

    `series` holds (ticker, date, close); `table` (known, columns…).
    """
    joined = pl.DataFrame({"date": sessions.unique().sort()})
    for (name,), rows in series.sort("date").group_by("ticker", maintain_order=True):
        values = rows.select(pl.col("date"), pl.col("close").alias(str(name)))
        joined = joined.join_asof(values, on="date", strategy="backward")
    if table is not None:
        joined = joined.join_asof(
            table.sort("known").rename({"known": "date"}), on="date", strategy="backward"
        )
    return joined


def read_table(context: Context) -> pl.DataFrame | None:
    """(known, columns of numbers); a later row of the same day wins. A time of day counts as the next day."""
    path = context.table
    if path is None:
        return None
    if not path.is_file():
        raise InvalidInput(f"data.context.table {path}: there is no such file")
    try:
        raw = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InvalidInput(
            f"data.context.table {path}: cannot be read: {str(error).splitlines()[0]}"
        ) from None
    if context.known not in raw.columns:
        raise InvalidInput(
            f"data.context.table {path}: no column '{context.known}' that says when a row became known;"
            f" it has {', '.join(raw.columns)}"
        )
    numbers = [name for name in raw.columns if name != context.known and raw[name].dtype.is_numeric()]
    if not numbers:
        raise InvalidInput(f"data.context.table {path}: no column of numbers beside '{context.known}'")
    known = _known(raw[context.known], path)
    rows = raw.select(known, *(pl.col(name).cast(pl.Float64) for name in numbers))
    return rows.drop_nulls("known").unique("known", keep="last", maintain_order=True).sort("known")


def _known(column: pl.Series, path: Path) -> pl.Series:
    if column.dtype == pl.Date:
        return column.alias("known")
    if isinstance(column.dtype, pl.Datetime):
        day = column.dt.replace_time_zone(None)
        late = day.dt.time() != dt.time(0)
        return (day.dt.date() + pl.Series([dt.timedelta(days=int(value)) for value in late])).alias("known")
    raise InvalidInput(
        f"data.context.table {path}: column '{column.name}' holds {column.dtype}; expected dates"
    )
