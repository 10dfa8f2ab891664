"""Opens what `--out` names, a file or a folder. One that cannot be written is refused before any work is done, and so
is one in a folder that is not there: a mistyped path would quietly become a tree of folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ml_core.errors import InvalidInput
from ml_core.home.settings import open_folder

if TYPE_CHECKING:
    import polars as pl

WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    ".parquet": lambda table, path: table.write_parquet(path),
    ".csv": lambda table, path: table.write_csv(path),
    ".json": lambda table, path: path.write_text(table.write_json(), encoding="utf-8"),
}


def open_output(path: Path) -> Callable[[pl.DataFrame], object]:
    """A writer for that file, chosen by its ending."""
    check_file(path, tuple(WRITERS))
    return lambda table: WRITERS[path.suffix](table, path)


def check_file(path: Path, endings: tuple[str, ...]) -> None:
    """Refuse a file that has none of these endings, or cannot be written; none is made."""
    if path.suffix not in endings:
        raise InvalidInput(f"--out {path}: expected a name that ends in {', '.join(endings)}")
    _require_parent(path)
    new = not path.exists()
    try:
        with path.open("ab"):
            pass
        if new:
            path.unlink()
    except OSError as error:
        where = f"the folder {path.absolute().parent} cannot be written" if new else error.strerror
        raise InvalidInput(f"--out {path}: cannot be written: {where}") from None


def open_results(path: Path) -> Path:
    """That folder, made if absent; what is above it has to be there."""
    _require_parent(path)
    return open_folder(path, "--out")


def _require_parent(path: Path) -> None:
    parent = path.absolute().parent
    if not parent.is_dir():
        raise InvalidInput(f"--out {path}: cannot be written: there is no folder {parent}; make it first")
