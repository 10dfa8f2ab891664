"""Opens a file for a table by its ending. One that cannot be written is refused before any work is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ml_core.errors import InvalidInput

if TYPE_CHECKING:
    import polars as pl

WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    ".parquet": lambda table, path: table.write_parquet(path),
    ".csv": lambda table, path: table.write_csv(path),
    ".json": lambda table, path: path.write_text(table.write_json(), encoding="utf-8"),
}


def open_output(path: Path) -> Callable[[pl.DataFrame], object]:
    """A writer for that file, chosen by its ending."""
    if path.suffix not in WRITERS:
        raise InvalidInput(f"--out {path}: expected a name that ends in {', '.join(WRITERS)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
    except OSError as error:
        raise InvalidInput(f"--out {path}: cannot be written: {error.strerror}") from None
    return lambda table: WRITERS[path.suffix](table, path)
