"""Keeps what a search has fitted until it is registered: where that fails, the next attempt registers these weights and
fits nothing again."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml_core.errors import BrokenArtifact
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.splits import Split
from ml_core.spec.ensemble import Spec
from ml_core.spec.plain import plain

WINNER, ASKED = "winner", "asked"


@dataclass(frozen=True)
class FitRequest:
    """What is fitted, on which sessions, of which version of the stored bars. Not what was fitted: that says more, as
    the defaults of its family."""

    answer: Spec
    final: Split
    version: int

    @property
    def digest(self) -> str:
        told = [plain(self.answer), plain(self.final), self.version]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def fit_or_recall(folder: Path, asked: FitRequest, fit: Callable[[], Forecaster]) -> Forecaster:
    """In the search's own folder. What was fitted to other data, or on other sessions, is fitted anew."""
    kept = folder / WINNER
    if known := _recall(kept, asked):
        return known
    made = fit()
    forget(folder)
    save_forecaster(made, kept)
    (kept / ASKED).write_text(asked.digest, encoding="utf-8")
    return made


def forget(folder: Path) -> None:
    """It is registered, or another was chosen."""
    shutil.rmtree(folder / WINNER, ignore_errors=True)


def _recall(kept: Path, asked: FitRequest) -> Forecaster | None:
    """What a kill cut short does not match its checksums, or was not finished."""
    file = kept / ASKED
    if not file.is_file() or file.read_text(encoding="utf-8") != asked.digest:
        return None
    try:
        return load_forecaster(kept)
    except BrokenArtifact:
        return None
