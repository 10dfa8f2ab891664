"""A table as common tools write it in; the agreed columns of bars out, with null where it has none."""

import polars as pl

from ml_core.errors import InvalidInput
from ml_core.frames import BARS

NAMES = {
    "date": (
        "date",
        "datetime",
        "timestamp",
        "time",
        "day",
        "tradedate",
        "tradingday",
        "session",
        "indexlevel0",
    ),
    "ticker": ("ticker", "symbol", "tic", "code", "asset", "instrument", "name", "sid"),
    "open": ("open", "o", "openprice", "1open"),
    "high": ("high", "h", "highprice", "2high"),
    "low": ("low", "l", "lowprice", "3low"),
    "close": ("close", "c", "closelast", "closeprice", "last", "price", "px", "4close"),
    "adj_close": ("adjclose", "adjustedclose", "closeadj", "adjustedprice", "5adjustedclose"),
    "volume": ("volume", "vol", "v", "shares", "5volume", "6volume"),
    "dividend": (
        "dividend",
        "dividends",
        "div",
        "divcash",
        "exdividend",
        "dividendamount",
        "7dividendamount",
    ),
    "split": ("split", "splits", "stocksplits", "splitratio", "splitfactor", "splitcoefficient"),
}
NUMBERS = ("open", "high", "low", "close", "volume", "dividend", "split", "adj_close")
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%d.%m.%Y", "%d-%b-%Y", "%b %d, %Y")


def read_columns(raw: pl.DataFrame, where: str, *, ticker: str | None = None) -> pl.DataFrame:
    """Rows of (ticker, date, prices…) with a `moment` kept where a date has several times."""
    found = _find(raw.columns)
    for needed in ("date", "close"):
        if needed not in found:
            raise InvalidInput(
                f"{where}: no column for '{needed}'; it has {', '.join(raw.columns) or 'none'}"
            )
    if "ticker" not in found and ticker is None:
        raise InvalidInput(
            f"{where}: no column for 'ticker'; set data.files.ticker, or name one file per ticker"
        )
    table = raw.select(
        pl.col(found["ticker"]).cast(pl.String).str.strip_chars().alias("ticker")
        if "ticker" in found
        else pl.lit(ticker).alias("ticker"),
        _dates(raw[found["date"]], where),
        raw[found["date"]].alias("moment"),
        *(
            _numbers(raw[found[name]], where).alias(name)
            if name in found
            else pl.lit(None, pl.Float64).alias(name)
            for name in NUMBERS
        ),
    )
    if table["close"].is_nan().fill_null(True).all():
        raise InvalidInput(f"{where}: column '{found['close']}' holds no number")
    # Yahoo's 0 in a column of splits means that there was none.
    return table.with_columns(split=pl.when(pl.col("split") > 0).then(pl.col("split")))


def gather_sessions(table: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """Several times of one date become that session's bar; a row that is there twice stays there twice."""
    within = pl.struct("ticker", "date").is_duplicated() & ~pl.struct("ticker", "moment").is_duplicated()
    if not table.select(within.any()).item():
        return table.drop("moment"), False
    gathered = (
        table.sort("ticker", "moment")
        .group_by("ticker", "date", maintain_order=True)
        .agg(
            pl.col("open").drop_nulls().first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close", "adj_close").drop_nulls().last(),
            pl.when(pl.col("volume").is_not_null().any()).then(pl.col("volume").sum()).alias("volume"),
            pl.col("dividend").sum(),
            pl.col("split").drop_nulls().product(),
        )
    )
    return gathered, True


def missing_columns(table: pl.DataFrame) -> list[str]:
    """The agreed columns that hold nothing: what needs them will be left out."""
    return [name for name in NUMBERS if name in BARS and table[name].null_count() == table.height]


def _find(columns: list[str]) -> dict[str, str]:
    plain = {
        "".join(sign for sign in column.lower() if sign.isalnum()): column for column in reversed(columns)
    }
    found = {
        name: next(plain[known] for known in knowns if known in plain)
        for name, knowns in NAMES.items()
        if any(known in plain for known in knowns)
    }
    if "date" not in found and columns and columns[0].lower() in ("", "index", "unnamed: 0", "column_1"):
        found["date"] = columns[0]
    return found


def _dates(column: pl.Series, where: str) -> pl.Series:
    """The calendar date as written, in whatever zone it was written."""
    if column.dtype == pl.Date:
        return column.alias("date")
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.replace_time_zone(None).dt.date().alias("date")
    if column.dtype.is_integer() and column.len() and (column.max() or 0) > 30_000_000:  # type: ignore[operator]
        return pl.from_epoch(column, time_unit="s").dt.date().alias("date")
    text = column.cast(pl.String).str.strip_chars()
    for candidate in (text.str.slice(0, 10), text):
        for form in DATE_FORMATS:
            parsed = candidate.str.to_date(form, strict=False)
            if parsed.null_count() == text.null_count() and parsed.len() > parsed.null_count():
                return parsed.alias("date")
    bad = next((value for value in text if value is not None), None)
    raise InvalidInput(f"{where}: column '{column.name}' holds no dates that can be read, such as {bad!r}")


def _numbers(column: pl.Series, where: str) -> pl.Series:
    if column.dtype.is_numeric():
        return column.cast(pl.Float64)
    if column.dtype in (pl.String, pl.Null):
        bare = column.cast(pl.String).str.replace_all(r"[$,\s]", "")
        return bare.cast(pl.Float64, strict=False)
    if column.dtype.is_decimal():
        return column.cast(pl.Float64)
    raise InvalidInput(f"{where}: column '{column.name}' holds {column.dtype}; expected numbers")
