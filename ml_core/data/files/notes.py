"""Says in sentences what is worth knowing of files that were read: what was left out, completed or guessed."""

import datetime as dt
from collections.abc import Iterable, Mapping

import polars as pl

from ml_core.data.files.actions import Completed
from ml_core.data.files.gathering import Gathered

TOLD = 5  # of a kind; the rest is counted
RESTLESS = 0.1
LEAST = 60


def tell_missing(absent: Mapping[str, Iterable[str]]) -> list[str]:
    """`absent` names for each file the columns that it has nothing in."""
    files: dict[tuple[str, ...], list[str]] = {}
    for file, names in absent.items():
        files.setdefault(tuple(names), []).append(file)
    return [
        f"{_list(given)}: no {', '.join(names)}; what needs them is left out"
        for names, given in files.items()
        if names
    ]


def tell_future(rows: pl.DataFrame, today: dt.date) -> list[str]:
    if rows.is_empty():
        return []
    return [
        f"{_rows(rows.height)} dated after {today}, the first {rows['date'].min()}, left out ({count_by_ticker(rows)})"
    ]


def tell_nameless(rows: pl.DataFrame) -> list[str]:
    without = {"ticker": rows["ticker"].null_count(), "date": rows["date"].null_count()}
    return [f"{_rows(count)} without a {name} left out" for name, count in without.items() if count]


def tell_gathered(gathered: Gathered) -> list[str]:
    notes = []
    if gathered.repeats:
        total, by_ticker = sum(gathered.repeats.values()), _by_ticker(gathered.repeats)
        notes.append(f"{_rows(total)} that stood there twice left out ({by_ticker})")
    if gathered.sessions:
        notes.append(f"several rows a session were gathered into one bar ({gathered.sessions:,} bars)")
    return [*notes, *_few(gathered.odd, "more days with another unit within")]


def tell_empty(bars: pl.DataFrame) -> list[str]:
    empty = bars.filter(pl.col("close").is_null())
    return [f"{_rows(empty.height)} without a close ({count_by_ticker(empty)})"] if empty.height else []


def tell_implied(completed: Completed) -> list[str]:
    if not completed.tickers:
        return []
    notes = [f"no dividends and splits of {_list(completed.tickers)}; read off the adjusted close"]
    splits = completed.implied.filter(pl.col("split") != 1)
    told = [
        f"{ticker} {date}: a split of {ratio:g} read off the adjusted close"
        for ticker, date, ratio in splits.select("ticker", "date", "split").head(TOLD + 1).iter_rows()
    ]
    notes += _few(told, "more splits read off adjusted closes", splits.height)
    rows = completed.bars.filter(pl.col("ticker").is_in(completed.tickers)).group_by("ticker").len("rows")
    steps = completed.implied.group_by("ticker").len("steps").join(rows, on="ticker").sort("ticker")
    restless = steps.filter((pl.col("rows") >= LEAST) & (pl.col("steps") > RESTLESS * pl.col("rows")))
    return notes + _few(
        [
            f"{ticker}: adjusted and given close move apart on {count:,} of {total:,} days; is it an adjusted close?"
            for ticker, count, total in restless.iter_rows()
        ],
        "more tickers whose adjusted close moves so",
    )


def count_by_ticker(rows: pl.DataFrame) -> str:
    return _by_ticker(dict(rows.group_by("ticker").len().sort("ticker").iter_rows()))


def _by_ticker(counts: Mapping[str, int]) -> str:
    return _list(f"{ticker} {count:,}" for ticker, count in counts.items())


def _rows(count: int) -> str:
    return f"{count:,} rows" if count != 1 else "1 row"


def _list(names: Iterable[str]) -> str:
    names = list(names)
    shown = ", ".join(names[:TOLD])
    return f"{shown} and {len(names) - TOLD:,} others" if len(names) > TOLD else shown


def _few(notes: list[str], more: str, total: int | None = None) -> list[str]:
    rest = (total or len(notes)) - TOLD
    return [*notes[:TOLD], f"{rest:,} {more}"] if rest > 0 else notes
