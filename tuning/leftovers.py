"""Removes what a broken-off search kept on its way, once nobody can go on with it."""

from __future__ import annotations

import glob
import re
import shutil
from contextlib import suppress
from pathlib import Path

from tuning.winner import forget

TUNE, RUNGS = "tune", "rungs"  # below the folder of a search: Tune's own, and how far trials have come


def clear(folder: Path) -> None:
    """Of a search whose trials have all ended."""
    for name in (TUNE, RUNGS):
        shutil.rmtree(folder / name, ignore_errors=True)


def clear_older(searches: Path, name: str) -> None:
    """Of all searches of the same model on earlier bars than those of the search of this name: it would begin anew on
    the new ones. Their ledgers stay."""
    model, _, version = name.rsplit("-", 2)
    pattern = re.compile(rf"{re.escape(model)}-[0-9a-f]+-(\d+)")
    for folder in searches.glob(f"{glob.escape(model)}-*"):
        match = pattern.fullmatch(folder.name)
        if match and int(match[1]) < int(version):
            clear(folder)
            forget(folder)
            with suppress(OSError):  # a ledger is left
                folder.rmdir()
