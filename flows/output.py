"""A file's name in, a way to write a table there out; what cannot be written is refused before any work."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from ml_core.errors import InvalidInput

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
