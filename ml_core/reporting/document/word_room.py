"""What room text takes in a Word file, which nobody tells while it is written, and how much smaller it is set to stay
on one page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ml_core.reporting.document.word import OWN

if TYPE_CHECKING:
    from docx.document import Document as File

LEADING = 1.28  # of a line, in heights of its letters
EM = 25.4 / 72  # millimetres of a point


def text_width(text: str, style: str, *, bold: bool = False) -> float:
    """Millimetres, by the widths of kinds of letters in DejaVu Sans, the widest that stands in for a font."""
    return OWN[style][1] * EM * sum(_letter(sign) for sign in text) * (1.13 if bold else 1.02)


def _letter(sign: str) -> float:
    """As a share of the letters' height."""
    if sign in "ijl.,:;'|! \u00a0()[]-/ft":
        return 0.37
    return 0.94 if sign in "mMwW%@+<>=" else 0.72 if sign.isupper() else 0.64


def fit_page(file: File, width: float, height: float) -> None:
    """All that is written so far on one page: set smaller, where it would not be. What is much too long is left."""
    from docx.shared import Pt

    told = [*file.paragraphs, *_cells(file)]
    sizes = [one for one in range(20, 13, -1) if _height(file, width, one / 20) <= height]
    if not sizes or sizes[0] == 20:
        return
    scale = sizes[0] / 20
    for paragraph in told:
        style: Any = paragraph.style
        before, after = style.paragraph_format.space_before, style.paragraph_format.space_after
        paragraph.paragraph_format.space_before = Pt(scale * (before.pt if before else 0))
        paragraph.paragraph_format.space_after = Pt(scale * (after.pt if after else 0))
        for run in paragraph.runs:
            run.font.size = Pt(math.floor(2 * scale * _points(style)) / 2)  # Word knows halves alone


def _cells(file: Any) -> list[Any]:
    return [
        one for table in file.tables for row in table.rows for cell in row.cells for one in cell.paragraphs
    ]


def _points(style: Any) -> float:
    """Of a style, or of that which it is based on."""
    return style.font.size.pt if style.font.size else _points(style.base_style) if style.base_style else 10.5


def _height(file: Any, width: float, scale: float) -> float:
    """Millimetres that it would take, line by line."""
    high = sum(_lines(one, width, scale) for one in file.paragraphs)
    for table in file.tables:
        for row in table.rows:
            high += max(
                _lines(one, cell.width.mm - 2.2, scale) for cell in row.cells for one in cell.paragraphs
            )
    return high


def _lines(paragraph: Any, width: float, scale: float) -> float:
    style = paragraph.style
    size, about = scale * _points(style), style.paragraph_format
    room = width - (9.0 if style.name == "List Bullet" else 0.0)
    wide = size * EM * sum(_letter(sign) for sign in paragraph.text)
    lines = max(1, -(-wide // room))
    spaces = sum(one.pt for one in (about.space_before, about.space_after) if one)
    return EM * (lines * LEADING * size + scale * spaces)
