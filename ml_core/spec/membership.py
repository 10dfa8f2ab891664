"""Reads and checks, row by row, the file that says which tickers belonged to a universe and when."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ml_core.errors import InvalidInput
from ml_core.spec.choices import nearest

if TYPE_CHECKING:
    import polars as pl  # read when a file is: an experiment that names none stays light

NEEDED, POSSIBLE = ("ticker", "from", "to"), ("delisting",)


@dataclass(frozen=True)
class Membership:
    """A ticker is in from `first` to `last`, both included, or still is. `delisting`: what it returned on the
    session after its last bar, where that is told."""

    ticker: str
    first: dt.date
    last: dt.date | None
    delisting: float | None
    row: int


def read_members(path: Path) -> tuple[Membership, ...]:
    """The spans in the file's order. A ticker may be in more than once, never twice at a time."""
    import polars as pl

    raw, first = _read(path), 1 if _is_parquet(path) else 2  # the line of the header counts
    named = {name.strip().lower(): name for name in raw.columns}
    if lacking := [name for name in NEEDED if name not in named]:
        raise InvalidInput(
            f"universe.members {path}: no column '{lacking[0]}'; expected {', '.join(NEEDED)} and, if you like, "
            f"{', '.join(POSSIBLE)}; it has {', '.join(raw.columns)}"
        )
    known = (*NEEDED, *POSSIBLE)
    if unknown := [given for name, given in named.items() if name not in known]:
        raise InvalidInput(
            f"universe.members {path}: unknown column '{unknown[0]}'{nearest(unknown[0].lower(), list(known))}"
        )
    rows = raw.select(pl.col(named[name]).alias(name) for name in known if name in named)
    spans = tuple(_span(row, place + first, path) for place, row in enumerate(rows.iter_rows(named=True)))
    if not spans:
        raise InvalidInput(f"universe.members {path}: no row; expected a ticker with its dates in each")
    _refuse_overlaps(spans, path)
    return spans


def name_members(path: Path) -> list[str]:
    """Every ticker of the file once."""
    return list(dict.fromkeys(span.ticker for span in read_members(path)))


def _span(row: dict[str, object], number: int, path: Path) -> Membership:
    where = f"universe.members {path}, row {number}"
    ticker = str(row["ticker"] if row["ticker"] is not None else "").strip()
    if not ticker:
        raise InvalidInput(f"{where}: no ticker")
    first, last = _date(row["from"], "from", where), _date(row["to"], "to", where)
    if first is None:
        raise InvalidInput(f"{where}: {ticker} has no 'from'; expected a date such as 2024-03-28")
    if last and last < first:
        raise InvalidInput(f"{where}: {ticker} is in from {first} to {last}, which is before it")
    return Membership(ticker, first, last, _return(row.get("delisting"), where), number)


def _date(value: object, name: str, where: str) -> dt.date | None:
    if isinstance(value, dt.datetime):
        value = value.date() if value.time() == dt.time(0) else value.isoformat()
    if value is None or isinstance(value, dt.date):
        return value
    text = str(value).strip()
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(f"{where}: '{name}' is {text!r}; expected a date such as 2024-03-28") from None


def _return(value: object, where: str) -> float | None:
    text = "" if value is None else str(value).strip()
    try:
        told = float(text) if text else None
    except ValueError:
        told = math.nan
    if told is not None and not (math.isfinite(told) and told >= -1):
        raise InvalidInput(
            f"{where}: 'delisting' is {text!r}; expected a return of at least -1, such as -0.3"
        )
    return told


def _refuse_overlaps(spans: tuple[Membership, ...], path: Path) -> None:
    for before, after in pairwise(sorted(spans, key=lambda span: (span.ticker, span.first, span.row))):
        if before.ticker == after.ticker and (before.last is None or after.first <= before.last):
            raise InvalidInput(
                f"universe.members {path}, row {after.row}: {after.ticker} is in from {after.first} on, and by row "
                f"{before.row} {f'until {before.last}' if before.last else 'still'}; expected spans that do not overlap"
            )


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def _read(path: Path) -> pl.DataFrame:
    import polars as pl

    path = path.expanduser()
    if not path.is_file():
        raise InvalidInput(f"universe.members {path}: there is no such file")
    try:
        if _is_parquet(path):
            return pl.read_parquet(path)
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            separator = max(";,\t|", key=lines.readline().count)
        return pl.read_csv(path, separator=separator, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        line = (str(error).splitlines() or ["?"])[0]
        raise InvalidInput(f"universe.members {path}: cannot be read: {line}") from None
