"""Turns drawn figures into pictures of a document, at a width that is read on paper and on a phone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ml_core.reporting.document.document import Figure, NumberOrigin

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawn

WIDTH, DPI = 6.4, 170  # inches: letters are as large as those of the text on paper


def picture(
    drawn: Drawn, name: str, caption: str, alt: str, origin: NumberOrigin, *, height: float = 0.0
) -> Figure:
    """`height` in inches; by default that of the drawing, for the width that it has now."""
    width, own = drawn.get_size_inches()
    drawn.set_size_inches(WIDTH, height or own * max(WIDTH / width, 0.85))
    written = io.BytesIO()
    drawn.savefig(written, format="png", dpi=DPI, metadata={"Software": None})
    return Figure(name, caption, alt, written.getvalue(), origin)
