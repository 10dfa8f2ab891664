"""Whose reports are tested, and how a section of one is read."""

from ml_core.reporting.document.document import (
    Document,
)
from ml_core.reporting.document.markdown import write_markdown

SEATS = ("reference", "challenger", "champion")


def section(document: Document, title: str) -> str:
    """The text under a heading, as Markdown."""
    return write_markdown(document).split(f"## {title}\n")[1].split("\n## ")[0]
