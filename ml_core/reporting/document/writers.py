"""Chooses the writer by what a file's name ends in."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ml_core.errors import InvalidInput
from ml_core.reporting.document.document import Document, PaperFormat
from ml_core.reporting.document.docx import write_docx
from ml_core.reporting.document.html import write_html
from ml_core.reporting.document.pdf import write_pdf

ENDINGS = (".docx", ".html", ".pdf")
PACKAGES = {".docx": ("docx", "python-docx"), ".pdf": ("typst", "typst")}  # of the extra `report`


def require_writer(ending: str) -> None:
    """Refuse an ending whose writer needs a package that is not installed, with the extra that brings it."""
    module, package = PACKAGES.get(ending, ("", ""))
    if module and not importlib.util.find_spec(module):
        raise InvalidInput(
            f"a report as {ending} needs {package}, which is not installed; run: pip install 'candorcast[report]'"
        )


def write_document(document: Document, file: Path, *, paper: PaperFormat = "a4") -> None:
    """Whole or not at all: who reads meanwhile sees the file of before. `paper` is nothing to a screen."""
    match file.suffix:
        case ".html":
            written = write_html(document)
        case ".pdf":
            written = write_pdf(document, paper=paper)
        case ".docx":
            written = write_docx(document, paper=paper)
        case other:
            raise ValueError(f"no writer for {other}")
    beside = file.with_name(f"{file.name}.part")
    beside.write_bytes(written)
    beside.replace(file)
