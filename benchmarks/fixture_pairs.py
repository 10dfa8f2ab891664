"""Finds in the fixtures of yfinance's price repair the bars that differ from their corrected twin, and what our
checks made of them."""

import datetime as dt
from pathlib import Path

import polars as pl

from ml_core.data.providers import Request, files
from ml_core.data.quality.judge import check_bars
from ml_core.data.store.bars import adjust

SAME = 1e-3  # relative: values nearer than that are equal; the twins are rounded to 1e-4
TRADED = ("open", "high", "low", "close", "volume", "dividend", "split")
EARNED = ("earned", "open_by", "high_by", "low_by")
COUNTED = {
    "total return, and the bar beside its close": EARNED,  # what the product computes with
    "prices, volume, actions as they stand": TRADED,
}
KEY = ["ticker", "date"]


def read_bars(path: Path, tickers: tuple[str, ...]) -> pl.DataFrame:
    now = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    config = files.Config(path=path, ticker=tickers[0] if len(tickers) == 1 else None)
    return files.fetch(Request(tickers, {}, "data", None, None, now), config).bars.sort(KEY)


def differ(names: tuple[str, ...], suffix: str) -> pl.Expr:
    """Whether one of the columns is another than its twin; both missing is the same."""
    return pl.any_horizontal(
        pl.when(pl.col(name).is_null() | pl.col(name + suffix).is_null())
        .then(pl.col(name).is_null() != pl.col(name + suffix).is_null())
        .otherwise(
            (pl.col(name) - pl.col(name + suffix)).abs()
            > SAME * pl.max_horizontal(pl.col(name).abs(), pl.col(name + suffix).abs())
        )
        for name in names
    )


def add_earned(bars: pl.DataFrame) -> pl.DataFrame:
    """What is earned since the bar before it, dividends and splits included, and where the bar lies about its close;
    each as a factor, so that a level in another unit throughout is none."""
    close = pl.col("close_adjusted")
    earned = adjust(bars).select(*KEY, close_adjusted="close")
    return bars.join(earned, on=KEY).with_columns(
        earned=(close / close.shift()).over("ticker").fill_null(1.0),
        open_by=pl.col("open") / pl.col("close"),
        high_by=pl.col("high") / pl.col("close"),
        low_by=pl.col("low") / pl.col("close"),
    )


def judge_pair(given: pl.DataFrame, twin: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """The bars with what they are (defective or not, by these columns) and what became of these columns."""
    sound = add_earned(check_bars(given).sound).with_columns(kept=pl.lit(True))
    given, twin = add_earned(given), add_earned(twin)
    rows = given.join(twin, on=KEY, suffix="_twin").join(sound, on=KEY, how="left", suffix="_now")
    now = rows.with_columns(pl.col(f"{name}_now").alias(name) for name in names)
    absent = pl.any_horizontal(
        pl.col(f"{n}_now").is_null() & pl.col(f"{n}_twin").is_not_null() for n in names
    )
    return rows.with_columns(right=~now.select(off=differ(names, "_twin"))["off"]).select(
        *KEY,
        defective=differ(names, "_twin"),
        became=pl.when(pl.col("kept").is_null())
        .then(pl.lit("refused"))
        .when(~differ(names, "_now"))
        .then(pl.lit("untouched"))
        .when("right")
        .then(pl.lit("repaired, as the twin"))
        .when(absent)
        .then(pl.lit("a value left out"))
        .otherwise(pl.lit("repaired otherwise")),
    )


def count_fixtures(folder: Path) -> None:
    """Prints both tables, and of the traded columns every bar that is not as its twin."""
    judged = {label: [] for label in COUNTED}
    untouched = {label: [] for label in COUNTED}
    paths = sorted(path for path in folder.glob("*.csv") if not path.stem.endswith("-fixed"))
    for path in paths:
        given, fixed = read_bars(path, (path.stem,)), path.with_name(f"{path.stem}-fixed.csv")
        twin = read_bars(fixed, (path.stem,)) if fixed.exists() else given
        for label, names in COUNTED.items():
            (judged if fixed.exists() else untouched)[label].append(judge_pair(given, twin, names))
    for title, tables in (("with a corrected twin", judged), ("without defect (`no-bad`)", untouched)):
        print(
            f"\nyfinance fixtures {title}, {len(next(iter(tables.values())))} files; equal means within {SAME:.1%}\n"
        )
        print_judged({label: pl.concat(rows) for label, rows in tables.items()})
    traded = pl.concat(next(iter(judged.values())))
    fine = pl.when("defective").then(pl.lit("repaired, as the twin")).otherwise(pl.lit("untouched"))
    groups = traded.filter(pl.col("became") != fine).group_by("ticker", "defective", "became")
    listed = groups.agg(pl.len(), first=pl.col("date").min(), last=pl.col("date").max())
    listed = listed.sort("defective", "ticker", "became")
    print("\nTotal return and shape: bars that are not as their twin after the checks\n")
    for ticker, defective, became, count, first, last in listed.sort(
        "defective", "ticker", "became"
    ).iter_rows():
        kind = "differs from its twin" if defective else "equals its twin"
        print(f"- {ticker}: {count} ({first}..{last}) {kind}, {became}")


def print_judged(tables: dict[str, pl.DataFrame]) -> None:
    found = ("refused", "repaired, as the twin", "a value left out", "repaired otherwise", "untouched")
    beyond = ("refused", "a value left out", "repaired otherwise")
    heads = ["", "bars", "differ", *found, *(f"equal, yet {end}" for end in beyond)]
    rows = []
    for label, table in tables.items():
        counted = {(bad, end): n for bad, end, n in table.group_by("defective", "became").len().iter_rows()}
        ends = [*((True, end) for end in found), *((False, end) for end in beyond)]
        rows.append([label, table.height, table["defective"].sum(), *(counted.get(end, 0) for end in ends)])
    print_table(heads, rows)


def print_table(heads: list[str], rows: list[list]) -> None:
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for row in rows:
        print("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) + " |")
