"""Writes a document for Word and LibreOffice: real headings, captions and lists, alternative texts, a table of contents
and page numbers as fields, on A4 or Letter."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

from ml_core.reporting.document.document import (
    Block,
    Code,
    Document,
    Figure,
    Missing,
    NumberOrigin,
    PaperFormat,
    Paragraph,
    Points,
    Section,
    Table,
    spans,
)
from ml_core.reporting.document.word import (
    add_contents,
    add_field,
    bookmark,
    describe_picture,
    fill_cells,
    make_styles,
    name_style,
    repeat_head,
    set_widths,
)

if TYPE_CHECKING:
    from docx.document import Document as File

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}  # millimetres
MARGIN = 21.0
SMALL = 7  # columns from which a table is set smaller
LETTER = {False: 2.0, True: 1.55}  # millimetres that a letter takes, and in a smaller table
ROOM, LEAST = 2.6, 22.0  # millimetres beside the letters of a cell, and of a column of sentences
SHORT, LONG = 18, 60  # letters of a cell that is never broken, and of one that asks for no more room


def write_docx(document: Document, *, paper: PaperFormat = "a4") -> bytes:
    import docx

    file = docx.Document()
    _set_page(file, document, paper)
    make_styles(file)
    file.add_paragraph(document.title, style="Title")
    file.add_paragraph(document.subtitle, style="Subtitle")
    width = PAPERS[paper][0] - 2 * MARGIN
    _blocks(file, document, document.first, width)
    file.add_page_break()
    file.add_paragraph("What it rests on", style="TOC Heading")
    add_contents(file, [one.title for one in document.sections])
    for place, section in enumerate(document.sections, start=1):
        bookmark(file.add_heading(section.title, level=1), place)
        _blocks(file, document, section, width)
    written = io.BytesIO()
    file.save(written)
    return written.getvalue()


def _set_page(file: File, document: Document, paper: PaperFormat) -> None:
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.shared import Mm

    page, (width, height) = file.sections[0], PAPERS[paper]
    page.page_width, page.page_height = Mm(width), Mm(height)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(MARGIN)
    foot = page.footer.paragraphs[0]
    file.styles["Footer"].paragraph_format.tab_stops.clear_all()  # pyright: ignore
    foot.paragraph_format.tab_stops.add_tab_stop(Mm(width - 2 * MARGIN), WD_TAB_ALIGNMENT.RIGHT)
    foot.add_run(f"{document.title}\t")
    add_field(foot, "PAGE")
    foot.add_run(" / ")
    add_field(foot, "NUMPAGES")
    about, made = file.core_properties, dt.datetime.combine(document.date, dt.time())
    about.title, about.subject, about.author, about.comments = (
        document.title,
        document.subtitle,
        "candorcast",
        "",
    )
    about.created = about.modified = made
    about.language = "en"


def _blocks(file: File, document: Document, section: Section, width: float) -> None:
    for block in section.blocks:
        _block(file, document, block, width)
    if section.foot:
        _origin(file, section.foot)


def _block(file: File, document: Document, block: Block, width: float) -> None:
    match block:
        case Paragraph(text, tone):
            _write(file.add_paragraph(style=name_style(tone)), text)
        case Points(items):
            for item in items:
                _write(file.add_paragraph(style="List Bullet"), item)
        case Code(text):
            file.add_paragraph(text, style="Command")
        case Missing(what, why, command):
            told = file.add_paragraph(style="Missing")
            told.add_run(f"{what}: not there. ").bold = True
            _write(told, f"{why} ")
            told.add_run(command, style="Typed")
        case Table():
            _table(file, block, document.number(block), width)
        case Figure():
            _figure(file, block, document.number(block), width)


def _write(told: Any, text: str) -> None:
    for part, typed in spans(text):
        told.add_run(part, style="Typed" if typed else None)


def _caption(file: File, kind: str, number: int, caption: str, *, above: bool) -> None:
    """Counted by a field, so that a list of figures can be made of them."""
    told = file.add_paragraph(f"{kind} ", style="Caption")
    add_field(told, f"SEQ {kind} \\* ARABIC", shown=str(number))
    told.add_run(f". {caption}")
    told.paragraph_format.keep_with_next = above


def _table(file: File, table: Table, number: int, width: float) -> None:
    _caption(file, "Table", number, table.caption, above=True)
    small = len(table.columns) >= SMALL
    grid = file.add_table(rows=1 + len(table.rows), cols=len(table.columns), style="Report Table")
    fill_cells(grid, (table.columns, *table.rows), table.numeric, style="Small Cell" if small else "Cell")
    repeat_head(grid)
    set_widths(grid, _widths(table, width, LETTER[small]))
    _origin(file, table.origin)


def _widths(table: Table, width: float, letter: float) -> list[float]:
    """Millimetres: what is a number or short is never broken; sentences share what is left."""
    longest = [
        max([max(map(len, name.split()), default=1), *(len(row[at]) for row in table.rows)])
        for at, name in enumerate(table.columns)
    ]
    firm = [kind or size <= SHORT for kind, size in zip(table.numeric, longest, strict=True)]
    asked = [letter * min(max(size, 3), LONG) + ROOM for size in longest]
    left = width - sum(one for one, kept in zip(asked, firm, strict=True) if kept)
    loose = sum(one for one, kept in zip(asked, firm, strict=True) if not kept)
    if not loose or left < LEAST * (len(firm) - sum(firm)):
        return [width * one / sum(asked) for one in asked]
    return [one if kept else left * one / loose for one, kept in zip(asked, firm, strict=True)]


def _figure(file: File, figure: Figure, number: int, width: float) -> None:
    from docx.shared import Mm

    shown: Any = file.add_paragraph(style="Picture")
    picture = shown.add_run().add_picture(io.BytesIO(figure.png), width=Mm(width))
    describe_picture(picture, figure.name, figure.alt)
    _caption(file, "Figure", number, figure.caption, above=False)
    _origin(file, figure.origin)


def _origin(file: File, origin: NumberOrigin) -> None:
    if origin.quiet:
        return
    told = file.add_paragraph(f"{origin.told} · ", style="Origin")
    told.add_run(origin.command, style="Typed")
