"""Bars from the user's own files: one Parquet or CSV, or a folder of them, with at least date, ticker and close."""

import csv
import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import polars as pl

from ml_core.choices import nearest
from ml_core.data.columns import gather_sessions, missing_columns, read_columns
from ml_core.data.headers import lengthen, pair_header, read_header
from ml_core.data.implied import imply_actions
from ml_core.data.providers import Fetched, Outcome, Progress, Request
from ml_core.errors import InvalidInput
from ml_core.experiment import Section, Universe
from ml_core.frames import BARS, conform

READERS = {".parquet": pl.read_parquet, ".pq": pl.read_parquet, ".csv": None, ".txt": None, ".tsv": None}
HEAD = 3  # lines that can be names
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
REMARK = "#"  # begins a line that is none of the table
NO_VALUE = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-"]


class Config(Section):
    """`ticker` names the one series of a file that does not; `basis` says whether past splits are in the prices;
    `date_format` how dates are written, as %d/%m/%Y, where that can be read in two ways."""

    path: Path | None = None
    ticker: str | None = None
    basis: Literal["split_adjusted", "traded"] = "split_adjusted"
    date_format: str | None = None


def identity(_universe: Universe, config: Config) -> str:
    """A place is a series: what its files hold may grow or be corrected."""
    content = f"{_path(config).expanduser().resolve()}{config.ticker}{config.basis}{config.date_format or ''}"
    return f"files-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def fetch(request: Request, config: Config, *, progress: Progress | None = None) -> Fetched:
    """All that the files hold of the tickers that were asked for."""
    path = _path(config).expanduser()
    files = _files(path)
    wanted, notes, tables, seen, broken = set(request.tickers), [], [], set(), {}
    for place, file in enumerate(files):
        ticker = _ticker_of(file, path, request, config)
        try:
            table = _read(file, ticker, config)
        except InvalidInput as error:
            if len(files) == 1 or ticker not in wanted:
                raise
            broken[ticker] = str(error)  # of its own ticker alone: the others are sound
            continue
        seen |= set(table["ticker"].drop_nulls().unique())
        table = table.filter(pl.col("ticker").is_in(list(wanted)))
        if table.height:
            tables.append(_bars(table, file, config, notes))
        if progress:
            progress(file.name, place + 1, len(files))
    bars = pl.concat(tables) if tables else pl.DataFrame(schema=BARS)
    bars = bars.filter(
        (pl.col("date") >= request.start if request.start else pl.lit(True)),
        pl.col("date") <= min(request.end or dt.date.max, request.now.date()),
    )
    return Fetched(bars, _outcomes(request, bars, path, seen, broken), tuple(dict.fromkeys(notes)))


def _path(config: Config) -> Path:
    if config.path is None:
        raise InvalidInput("data.files.path is missing; expected a Parquet or CSV file, or a folder of them")
    return config.path


def _files(path: Path) -> list[Path]:
    if path.is_file():
        if path.suffix.lower() not in READERS:
            raise InvalidInput(f"data.files.path {path}: expected .parquet or .csv, got '{path.suffix}'")
        return [path]
    if not path.is_dir():
        raise InvalidInput(f"data.files.path {path}: there is no such file or folder")
    kinds = [kind for kind in READERS if kind != ".txt"]  # beside data it is a licence or a note
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in kinds and file.is_file())
    if not found:
        raise InvalidInput(f"data.files.path {path}: the folder holds no .parquet or .csv file")
    return found


def _read(file: Path, ticker: str | None, config: Config) -> pl.DataFrame:
    try:
        with file.open("rb") as start:
            first = start.read(2)
        if not first:
            raise InvalidInput(f"{file}: is empty; expected rows of date, ticker and close")
        if first in UTF_16:
            raise InvalidInput(f"{file}: is written in UTF-16; expected UTF-8")
        reader = READERS[file.suffix.lower()]
        separator = "," if reader else _separator(file)
        raw = _one_row_of_names(reader(file, glob=False), file) if reader else _read_text(file, separator)
    except pl.exceptions.NoDataError:
        raise InvalidInput(f"{file}: is empty; expected rows of date, ticker and close") from None
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise InvalidInput(f"{file}: cannot be read: {line}") from None
    if raw.is_empty():
        raise InvalidInput(f"{file}: has no rows; expected date, ticker and close")
    return read_columns(raw, str(file), ticker=ticker, date_format=config.date_format, separator=separator)


def _one_row_of_names(table: pl.DataFrame, file: Path) -> pl.DataFrame:
    header = pair_header(table.columns)
    return lengthen(table, header, str(file)) if header else table


def _head(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        told = (line for line in lines if not line.startswith(REMARK))
        return [line for _, line in zip(range(HEAD), told, strict=False)]


def _separator(file: Path) -> str:
    return "\t" if file.suffix.lower() == ".tsv" else max(";,\t|", key=_head(file)[0].count)


def _read_text(file: Path, separator: str) -> pl.DataFrame:
    """Every column as text: a number or a date is made where its column is known."""
    header = read_header(list(csv.reader(_head(file), delimiter=separator)), str(file))
    table = pl.read_csv(
        file,
        separator=separator,
        infer_schema=False,
        null_values=NO_VALUE,
        comment_prefix=REMARK,
        truncate_ragged_lines=True,
        glob=False,
        has_header=header is None,
        skip_rows=header.rows if header else 0,
    )
    return lengthen(table, header, str(file)) if header else table


def _ticker_of(file: Path, path: Path, request: Request, config: Config) -> str | None:
    """Used only where the file has no column of tickers: its own name, as the universe spells it."""
    if config.ticker:
        return config.ticker
    spelled = {ticker.lower(): ticker for ticker in request.tickers}
    if file.stem.lower() in spelled:
        return spelled[file.stem.lower()]
    if path.is_dir():
        return file.stem
    return request.tickers[0] if len(request.tickers) == 1 else None


def _bars(table: pl.DataFrame, file: Path, config: Config, notes: list[str]) -> pl.DataFrame:
    table, gathered = gather_sessions(table)
    if gathered:
        notes.append(f"{file.name}: several rows a session were gathered into one bar")
    absent = missing_columns(table)
    basis = config.basis
    if {"dividend", "split"} <= set(absent) and "adj_close" not in absent:
        table, basis = imply_actions(table)
        notes.append(f"{file.name}: no dividends and splits; read off the adjusted close ({basis} prices)")
        for ticker, date, ratio in (
            table.filter(pl.col("split").is_not_null()).select("ticker", "date", "split").rows()
        ):
            notes.append(f"{file.name}: {ticker} {date}: a split of {ratio:g} read off the adjusted close")
        absent = [name for name in absent if name not in ("dividend", "split")]
    if absent:
        notes.append(f"{file.name}: no {', '.join(absent)}; what needs them is left out")
    known = {"dividend": 0.0, "split": 1.0}
    table = table.with_columns(
        pl.col(name).fill_null(none) for name, none in known.items() if name not in absent
    )
    return conform(table.with_columns(basis=pl.lit(basis)), BARS, str(file))


def _outcomes(
    request: Request, bars: pl.DataFrame, path: Path, seen: set[str], broken: Mapping[str, str]
) -> dict[str, Outcome]:
    rows = dict(bars.group_by("ticker").len().iter_rows())
    return {
        ticker: Outcome("failed", broken[ticker])
        if ticker in broken and ticker not in rows
        else _outcome(ticker, rows.get(ticker, 0), path, sorted(seen))
        for ticker in request.tickers
    }


def _outcome(ticker: str, rows: int, path: Path, seen: list[str]) -> Outcome:
    if rows:
        return Outcome("ok", rows=rows)
    if ticker in seen:
        return Outcome("empty", "no row between data.start and data.end")
    hint = nearest(ticker, seen) if len(seen) <= 20 else f"; it has {len(seen)} others"
    return Outcome("unknown", f"'{ticker}' is not in {path}{hint}")
