"""Bars from the user's own files: one Parquet or CSV, or a folder of them, with at least date, ticker and close."""

import datetime as dt
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from ml_core.data.calendar import last_closed_session
from ml_core.data.files import notes as notes
from ml_core.data.files.actions import complete_actions
from ml_core.data.files.columns import missing_columns
from ml_core.data.files.gathering import gather_sessions
from ml_core.data.files.same_columns import read_alike
from ml_core.data.files.tables import PARQUET, TEXT, read_file, read_tickers
from ml_core.data.files.writing import Writing
from ml_core.data.providers import Fetched, Outcome, Provider, Request, TellFetched
from ml_core.errors import InvalidInput
from ml_core.frames import BARS, conform
from ml_core.spec.choices import nearest
from ml_core.spec.experiment import Universe

READING = 2  # another number wherever the same files give other bars than before


class Config(Writing):
    """`ticker` names the one series of a file that does not; `basis` says whether past splits are in the prices; the
    others how the files are written, where that can be read in two ways or columns have names that are not known."""

    path: Path | None = None
    ticker: str | None = None
    basis: Literal["split_adjusted", "traded"] = "split_adjusted"


def identity(_universe: Universe, config: Config) -> str:
    """A place is a series: what its files hold may grow or be corrected."""
    content = f"{_path(config).expanduser().resolve()}{config.ticker}{config.basis}{config.date_format or ''}"
    said = config.model_dump_json(include={"columns", "separator", "decimal"}, exclude_defaults=True)
    content += said if said != "{}" else ""  # a file of before these keys keeps its name
    return f"files-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def fingerprint(request: Request, config: Config) -> str:
    """Another text whenever a ticker's bars may be others than before: a file was written, the config is another one,
    or a session has closed. Nothing is read. Which tickers are asked is no part of it: it changes no ticker's bars."""
    path = _path(config).expanduser()
    state = [(str(file), *_state(file)) for file in _files(path)]
    closed = last_closed_session(request.calendar, request.now, almanac=request.almanac) or request.now.date()
    content = f"{READING} {config.model_dump_json()} {request.start} {request.end} {closed} {state}"
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def _state(file: Path) -> tuple[int, ...]:
    """A file that is put in another's place with its size and time is another inode, or was changed later."""
    known = file.stat()
    return known.st_size, known.st_mtime_ns, known.st_ctime_ns, known.st_ino


@dataclass
class _Read:
    """What the files held of the tickers that were asked for."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    unseen: list[Path] = field(default_factory=list)  # files whose other tickers were not looked at
    broken: dict[str, str] = field(default_factory=dict)


def fetch(request: Request, config: Config, *, progress: TellFetched | None = None) -> Fetched:
    """All that the files hold of the tickers that were asked for."""
    path = _path(config).expanduser()
    read = _read(path, request, config, progress)
    absent = {name: _absent(table) for name, table in read.tables.items()}
    bars, said = _bars(_together(read.tables), request.now.date(), config)
    bars = _keep(bars, pl.col("date").is_between(request.start or dt.date.min, request.end or dt.date.max))
    return Fetched(bars, _outcomes(request, bars, path, read, config), (*said, *notes.tell_missing(absent)))


def _read(path: Path, request: Request, config: Config, progress: TellFetched | None) -> _Read:
    files, read = _tickers_of(_files(path), path, request, config), _Read()
    alike = dict(read_alike(files, request.tickers, config))
    for place, (file, ticker) in enumerate(files.items()):
        try:
            table, tickers = alike.pop(file, None) or read_file(file, ticker, request.tickers, config)
        except InvalidInput as error:
            if len(files) == 1 or ticker not in request.tickers:
                raise
            read.broken[ticker] = str(error)  # of its own ticker alone: the others are sound
            continue
        if tickers is None:
            read.unseen.append(file)
        read.seen |= tickers or set(table["ticker"].drop_nulls().unique())
        if table.height:
            read.tables[file.name] = table
        if progress:
            progress(file.name, place + 1, len(files))
    return read


def _absent(table: pl.DataFrame) -> list[str]:
    absent = missing_columns(table)
    implied = (
        ("dividend", "split") if {"dividend", "split"} <= set(absent) and "adj_close" not in absent else ()
    )
    return [name for name in absent if name not in implied]


def _together(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Emptied as it goes: what is put together need not be held twice."""
    parts = [tables.pop(name) for name in list(tables)]
    if not parts:
        return pl.DataFrame(schema={**BARS, "moment": pl.Date}).drop("basis")
    if len({part["moment"].dtype for part in parts}) > 1:
        parts = [part.with_columns(pl.col("moment").cast(pl.String)) for part in parts]
    return pl.concat(parts)


def _bars(table: pl.DataFrame, today: dt.date, config: Config) -> tuple[pl.DataFrame, list[str]]:
    """BARS, one a session, and what is worth saying of them."""
    said = notes.tell_nameless(table)
    table = _keep(table, pl.col("ticker").is_not_null() & pl.col("date").is_not_null())
    said += notes.tell_future(table.filter(pl.col("date") > today), today)
    gathered = gather_sessions(_keep(table, pl.col("date") <= today))
    del table
    said += [*notes.tell_gathered(gathered), *notes.tell_empty(gathered.bars)]
    completed = complete_actions(gathered.bars, config.basis)
    said = [*notes.tell_implied(completed), *said]
    return conform(completed.bars, BARS, "files"), said


def _keep(table: pl.DataFrame, wanted: pl.Expr) -> pl.DataFrame:
    """Itself, not another one, where all of it is wanted: it may be large."""
    return table if table.select(wanted.all()).item() else table.filter(wanted)


def _path(config: Config) -> Path:
    if config.path is None:
        raise InvalidInput("data.files.path is missing; expected a Parquet or CSV file, or a folder of them")
    return config.path


def _files(path: Path) -> list[Path]:
    if path.is_file():
        if path.suffix.lower() not in (*PARQUET, *TEXT):
            raise InvalidInput(f"data.files.path {path}: expected .parquet or .csv, got '{path.suffix}'")
        return [path]
    if not path.is_dir():
        raise InvalidInput(f"data.files.path {path}: there is no such file or folder")
    kinds = [kind for kind in (*PARQUET, *TEXT) if kind != ".txt"]  # beside data it is a licence or a note
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in kinds and file.is_file())
    if not files:
        raise InvalidInput(f"data.files.path {path}: the folder holds no .parquet or .csv file")
    return files


def _tickers_of(files: list[Path], path: Path, request: Request, config: Config) -> dict[Path, str | None]:
    """Used only where a file has no column of tickers: its own name, as the universe spells it."""
    if config.ticker:
        return dict.fromkeys(files, config.ticker)
    spelled = {ticker.lower(): ticker for ticker in request.tickers}
    alone = request.tickers[0] if len(request.tickers) == 1 else None
    return {file: spelled.get(file.stem.lower(), file.stem if path.is_dir() else alone) for file in files}


def _outcomes(
    request: Request, bars: pl.DataFrame, path: Path, read: _Read, config: Config
) -> dict[str, Outcome]:
    rows = dict(bars.group_by("ticker").len().iter_rows())
    if set(request.tickers) - read.seen - set(read.broken):  # only then is it worth a look
        read.seen |= {name for file in read.unseen for name in read_tickers(file, config)}
    return {
        ticker: Outcome("failed", read.broken[ticker])
        if ticker in read.broken and ticker not in rows
        else _outcome(ticker, rows.get(ticker, 0), path, read.seen)
        for ticker in request.tickers
    }


def _outcome(ticker: str, rows: int, path: Path, seen: Collection[str]) -> Outcome:
    if rows:
        return Outcome("ok", rows=rows)
    if ticker in seen:
        return Outcome("empty", "no row between data.start and data.end")
    hint = nearest(ticker, sorted(seen)) if len(seen) <= 20 else f"; it has {len(seen)} others"
    return Outcome("unknown", f"'{ticker}' is not in {path}{hint}")


PROVIDER = Provider(Config, identity, fetch, fingerprint=fingerprint)
