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
    firm,
    spans,
)
from ml_core.reporting.document.word import (
    CELLS,
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
from ml_core.reporting.document.word_room import fit_page, text_width

if TYPE_CHECKING:
    from docx.document import Document as File

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}  # millimetres
MARGIN = 21.0
ROOM = 2.6  # millimetres beside the letters of a cell
SHORT, HASH = 20, 28  # signs of a few words, and of a word that may be broken
TALLEST, TALL = 105.0, 190.0  # millimetres of a picture, and of one that is higher than wide


def write_docx(document: Document, *, paper: PaperFormat = "a4") -> bytes:
    import docx

    file = docx.Document()
    _set_page(file, document, paper)
    make_styles(file)
    file.add_paragraph(document.title, style="Title")
    file.add_paragraph(document.subtitle, style="Subtitle")
    width = PAPERS[paper][0] - 2 * MARGIN
    _blocks(file, document, document.first, width)
    fit_page(file, width, PAPERS[paper][1] - 2 * MARGIN)
    file.add_paragraph("What it rests on", style="TOC Heading").paragraph_format.page_break_before = True
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
    told.add_run(f". {firm(caption)}")
    told.paragraph_format.keep_with_next = above


def _table(file: File, table: Table, number: int, width: float) -> None:
    _caption(file, "Table", number, table.caption, above=True)
    style, widths = _look(table, width)
    grid = file.add_table(rows=1 + len(table.rows), cols=len(table.columns), style="Report Table")
    texts = tuple(tuple(map(firm, row)) for row in (table.columns, *table.rows))
    fill_cells(grid, texts, table.numeric, style=style)
    repeat_head(grid)
    set_widths(grid, widths)
    _origin(file, table.origin)


def _look(table: Table, width: float) -> tuple[str, list[float]]:
    """The largest style of cell in which no word and no number is broken, with the widths of its columns: of what a few
    words are, on one line where there is room."""
    tried = [(style, _needs(table, style, short)) for style in CELLS for short in (SHORT, 0)]
    style, needs = next((one for one in tried if sum(one[1]) <= width), tried[-1])
    left, asks = width - sum(needs), _asks(table, style)
    more = [max(ask - need, 0.0) for ask, need in zip(asks, needs, strict=True)]
    if left < 0 or not any(more):
        return style, [width * need / sum(needs) for need in needs]
    return style, [need + left * one / sum(more) for need, one in zip(needs, more, strict=True)]


def _asks(table: Table, style: str) -> list[float]:
    """Millimetres of each column in which nothing is broken."""
    return [
        max((text_width(row[at], style) for row in table.rows), default=0.0) + ROOM
        for at in range(len(table.columns))
    ]


def _needs(table: Table, style: str, short: int) -> list[float]:
    """Millimetres of each column: a number stands on one line and so do a few words, of a sentence the longest word; a
    hash may be broken."""
    needs = []
    for at, (name, numeric) in enumerate(zip(table.columns, table.numeric, strict=True)):
        parts = [
            part for row in table.rows for part in _firm(row[at], whole=numeric or len(row[at]) <= short)
        ]
        shown = [text_width(part, style) for part in parts]
        heads = [text_width(word, style, bold=True) for word in firm(name).split(" ")]
        needs.append(max([*shown, *heads], default=0.0) + ROOM)
    return needs


def _firm(cell: str, *, whole: bool) -> list[str]:
    return [cell] if whole else [word for word in firm(cell).split(" ") if len(word) <= HASH]


def _figure(file: File, figure: Figure, number: int, width: float) -> None:
    from docx.shared import Mm

    shown: Any = file.add_paragraph(style="Picture")
    picture: Any = shown.add_run().add_picture(io.BytesIO(figure.png), width=Mm(width))
    high = picture.height.mm
    if high > (most := TALLEST if high <= width else TALL):  # a page that has no room for it stays half empty
        picture.width, picture.height = Mm(width * most / high), Mm(most)
    describe_picture(picture, figure.name, firm(figure.alt))
    _caption(file, "Figure", number, figure.caption, above=False)
    _origin(file, figure.origin)


def _origin(file: File, origin: NumberOrigin) -> None:
    if origin.quiet:
        file.add_paragraph(style="Gap")
        return
    told = file.add_paragraph(f"{origin.told} · ", style="Origin")
    told.add_run(origin.command, style="Typed")
