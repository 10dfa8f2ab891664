"""Keeps a report under the home, in a folder of its own for each day: as one HTML file to read and to hand on, and as
Markdown with its figures beside it, for where a text is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ml_core.data.order import Order
from ml_core.reporting.document.document import Document
from ml_core.reporting.document.markdown import write_markdown
from ml_core.reporting.document.writers import write_document

NAME, REPORT = "page.md", "report.html"


@dataclass(frozen=True)
class ReportPage:
    """The text, and the folder in which it lies with its figures."""

    text: str
    folder: Path
    figures: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        return self.folder / NAME

    @property
    def report(self) -> Path:
        return self.folder / REPORT


def write_page(order: Order, document: Document) -> ReportPage:
    """Written anew where the day has one."""
    folder = order.home.root / "reports" / order.experiment.name / f"{document.date}"
    folder.mkdir(parents=True, exist_ok=True)
    for figure in document.figures:
        (folder / f"{figure.name}.png").write_bytes(figure.png)
    page = ReportPage(write_markdown(document), folder, tuple(f"{one.name}.png" for one in document.figures))
    write_document(document, page.report)
    beside = page.file.with_suffix(".part")
    beside.write_text(page.text, encoding="utf-8")
    beside.replace(page.file)
    return page
