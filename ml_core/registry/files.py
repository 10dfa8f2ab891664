"""The files of a version: what was fitted, its evidence, and its card, which is written once its number is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ml_core.registry.attempts import name_attempt
from ml_core.registry.evidence import Evidence, write_evidence

if TYPE_CHECKING:
    from ml_core.forecaster.forecaster import Forecaster

FOLDER, EVIDENCE, CARD = "forecaster", "evidence.json", "card.md"


def write_files(folder: Path, forecaster: Forecaster, evidence: Evidence) -> str:
    """All but the card; the name of the attempt to register them."""
    from ml_core.forecaster.files import save_forecaster

    save_forecaster(forecaster, folder)
    attempt = name_attempt(folder, evidence.role)
    write_evidence(evidence, folder / EVIDENCE)
    return attempt


def read_card(folder: Path) -> str:
    """In Markdown; none of a version of before there were cards."""
    try:
        return (folder / CARD).read_text(encoding="utf-8")
    except OSError:
        return ""
