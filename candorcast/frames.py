"""Takes a frame of polars or pandas at the door, and keeps bars that came as a frame where the source `files` reads
them: the store, and every version of it, then know them as any other bars."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from ml_core.errors import InvalidInput
from ml_core.home.settings import Home, open_folder
from ml_core.spec.wording import NAME_PATTERN

FOLDER = "frames"


def as_polars(frame: Any, name: str) -> pl.DataFrame:
    """The frame as polars. Of pandas, an index that has a name, or holds dates, becomes a column."""
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame
    kind = type(frame)
    if kind.__module__.partition(".")[0] != "pandas" or kind.__name__ != "DataFrame":
        raise InvalidInput(f"{name}: expected a frame of polars or pandas, got {kind.__name__}")
    if len(frame.index.names) > 1 or frame.index.name:
        frame = frame.reset_index()
    elif type(frame.index).__name__ == "DatetimeIndex":
        frame = frame.rename_axis("date").reset_index()
    return pl.from_pandas(frame)


def keep_bars(frame: Any, experiment: str, home: Home) -> dict[str, Any]:
    """The section [data] that reads these bars: they lie as Parquet under the home, in `frames`, and are written again
    only if they are others."""
    if not re.match(NAME_PATTERN, experiment):
        raise InvalidInput(f"name: expected letters, digits, - and _ only, got {experiment!r}")
    bars = as_polars(frame, "bars")
    path = open_folder(home.root / FOLDER, "home") / f"{experiment}.parquet"
    if not (path.exists() and pl.read_parquet(path).equals(bars)):
        bars.write_parquet(path)
    return {"source": "files", "files": {"path": str(path)}}


def tickers_of(frame: Any) -> list[str]:
    """Those that the frame's column `ticker` names, in alphabetical order."""
    bars = as_polars(frame, "bars")
    named = {column.strip().lower(): column for column in bars.columns}
    if "ticker" not in named:
        raise InvalidInput(
            f"bars: no column 'ticker' to take the universe from; it has {', '.join(bars.columns)}; "
            "expected one, or universe.tickers in the experiment"
        )
    return sorted(bars[named["ticker"]].drop_nulls().cast(pl.String).unique())
