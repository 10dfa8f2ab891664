"""Parts of a Word file that python-docx cannot write by itself: fields, bookmarks, alternative texts, heads of tables
that repeat, and the styles of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document as File

    from ml_core.reporting.document.document import Tone

KEPT = 3  # rows of a table, its head among them, that no page parts
FONT, MONO = "Arial", "Courier New"  # LibreOffice has others of the very same widths
INK, SOFT, LINE, BAND = "1D1F21", "5C6166", "A8ADB3", "F5F6F8"
PAINTS = {"good": "006B4F", "bad": "A63C00"}
STYLES: dict[Tone, str] = {
    "plain": "Body Text", "lead": "Lead", "note": "Note", "good": "Proven", "bad": "Not Proven",
}  # fmt: skip
# name: (based on, points, colour, points before, points after)
OWN = {
    "Lead": ("Body Text", 12.5, INK, 0, 8),
    "Note": ("Body Text", 9.5, SOFT, 0, 6),
    "Proven": ("Body Text", 11, PAINTS["good"], 4, 6),
    "Not Proven": ("Body Text", 11, PAINTS["bad"], 4, 6),
    "Missing": ("Body Text", 10, SOFT, 4, 6),
    "Command": ("Body Text", 9, INK, 4, 6),
    "Origin": ("Body Text", 8, SOFT, 3, 10),
    "Cell": ("Normal", 9, INK, 1, 1),
    "Small Cell": ("Cell", 8, INK, 1, 1),
    "Tiny Cell": ("Cell", 6.5, INK, 1, 1),
    "Gap": ("Normal", 3, INK, 0, 0),
    "Picture": ("Normal", 10.5, INK, 8, 2),
    "TOC Heading": ("Normal", 16, INK, 0, 8),
    "TOC 1": ("Normal", 10.5, INK, 2, 2),
}
CELLS = ("Cell", "Small Cell", "Tiny Cell")  # the largest first


def name_style(tone: Tone) -> str:
    return STYLES[tone]


def make_styles(file: File) -> None:
    """Of a report: those that Word knows in one look, and its own."""
    from docx.enum.style import WD_STYLE_TYPE

    normal: Any = file.styles["Normal"]
    _look(normal, 10.5, INK, 0, 4)
    for name, size in (
        ("Title", 24),
        ("Heading 1", 16),
        ("Subtitle", 11),
        ("Body Text", 10.5),
        ("Caption", 9),
    ):
        style: Any = file.styles[name]
        _look(style, size, SOFT if name in ("Subtitle", "Caption") else INK, *_space(name))
        style.font.italic = False
        _drop_borders(style)
    for name, (base, *look) in OWN.items():
        there = name in [one.name for one in file.styles]
        made: Any = file.styles[name] if there else file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        made.base_style = file.styles[base]
        _look(made, *look)
    for name in ("Proven", "Not Proven"):
        made = file.styles[name]
        made.font.bold = True
        _shade(made)
    for name in ("Missing", "Command"):
        _shade(file.styles[name])
    file.styles["Command"].font.name = MONO  # pyright: ignore
    typed: Any = file.styles.add_style("Typed", WD_STYLE_TYPE.CHARACTER)
    typed.font.name = MONO
    _make_table_style(file)


def add_field(told: Any, code: str, *, shown: str = "1") -> None:
    """A field, with what it shows until it is worked out again."""
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("text", shown), ("end", "")):
        run = told.add_run()
        if kind == "text":
            run.text = text
        else:
            run._r.append(_mark(kind) if kind else _code(text))


def add_contents(file: File, titles: Sequence[str]) -> None:
    """The field of a table of contents. Until its page numbers are worked out, which Word offers as the file is opened,
    it is a list of links without them: a number that is not known is not told."""
    for place, title in enumerate(titles, start=1):
        line: Any = file.add_paragraph(style="TOC 1")
        if place == 1:
            _open_field(line, 'TOC \\o "1-1" \\h \\z \\u')
        link = _element("w:hyperlink", {"w:anchor": name_bookmark(place), "w:history": "1"})
        link.append(line.add_run(title)._r)
        line._p.append(link)
        if place == len(titles):
            line.add_run()._r.append(_mark("end"))
    ask = _element("w:updateFields", {"w:val": "true"})
    _insert(
        file.settings.element, ask, before=("w:hdrShapeDefaults", "w:footnotePr", "w:endnotePr", "w:compat")
    )


def bookmark(heading: Any, place: int) -> None:
    """A place that the contents lead to."""
    start = _element("w:bookmarkStart", {"w:id": str(place), "w:name": name_bookmark(place)})
    heading._p.insert(1 if heading._p.pPr is not None else 0, start)
    heading._p.append(_element("w:bookmarkEnd", {"w:id": str(place)}))


def name_bookmark(place: int) -> str:
    return f"_Toc{place:08d}"


def describe_picture(picture: Any, name: str, alt: str) -> None:
    about = picture._inline.docPr
    about.set("descr", alt)
    about.set("title", name)


def repeat_head(grid: Any) -> None:
    """On every page; no row is cut in two."""
    for place, row in enumerate(grid.rows):
        within = row._tr.get_or_add_trPr()
        within.append(_element("w:cantSplit", {}))
        if place == 0:
            within.append(_element("w:tblHeader", {}))


def fill_cells(grid: Any, rows: Sequence[Sequence[str]], numeric: Sequence[bool], *, style: str) -> None:
    """Texts into cells, row by row; the library would look for each cell and its style anew."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    name = grid.part.document.styles[style].style_id
    for place, (line, texts) in enumerate(zip(grid._tbl.tr_lst, rows, strict=True)):
        for cell, text, number in zip(line.tc_lst, texts, numeric, strict=True):
            told = cell.p_lst[0]
            about = told.get_or_add_pPr()
            about.style = name
            if place < KEPT:
                about.get_or_add_keepNext()
            if number:
                about.jc_val = WD_ALIGN_PARAGRAPH.RIGHT
            told.add_r().text = text


def set_widths(grid: Any, widths: Sequence[float]) -> None:
    """In millimetres, for each cell: LibreOffice reads the columns, Word the cells."""
    from docx.shared import Mm

    grid.autofit = False
    for column, width in zip(grid._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = Mm(width)
    for line in grid._tbl.tr_lst:
        for cell, width in zip(line.tc_lst, widths, strict=True):
            cell.width = Mm(width)


def _look(style: Any, size: float, colour: str, before: float, after: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), RGBColor.from_string(colour)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)


def _space(name: str) -> tuple[float, float]:
    return {"Title": (0.0, 4.0), "Heading 1": (18.0, 6.0), "Subtitle": (0.0, 12.0)}.get(name, (0.0, 6.0))


def _drop_borders(style: Any) -> None:
    from docx.oxml.ns import qn

    within = style.element.get_or_add_pPr()
    for border in within.findall(qn("w:pBdr")):
        within.remove(border)


def _shade(style: Any) -> None:
    shade = _element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": BAND})
    _insert(
        style.element.get_or_add_pPr(), shade, before=("w:tabs", "w:spacing", "w:ind", "w:jc", "w:outlineLvl")
    )


def _make_table_style(file: File) -> None:
    """A thin line under each row, a thicker one under the head, bold."""
    from docx.enum.style import WD_STYLE_TYPE

    style: Any = file.styles.add_style("Report Table", WD_STYLE_TYPE.TABLE)
    style.base_style = file.styles["Normal Table"]
    borders = _element("w:tblBorders", {})
    for side in ("bottom", "insideH"):
        borders.append(
            _element(f"w:{side}", {"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": LINE})
        )
    within = _element("w:tblPr", {})
    within.append(borders)
    margins = _element("w:tblCellMar", {})
    for side in ("left", "right"):
        margins.append(_element(f"w:{side}", {"w:w": "60", "w:type": "dxa"}))
    within.append(margins)
    style.element.append(within)
    first, bold = _element("w:tblStylePr", {"w:type": "firstRow"}), _element("w:rPr", {})
    bold.append(_element("w:b", {}))
    first.append(bold)
    style.element.append(first)


def _open_field(told: Any, code: str) -> None:
    for mark in (_mark("begin"), _code(code), _mark("separate")):
        told.add_run()._r.append(mark)


def _mark(kind: str) -> Any:
    return _element("w:fldChar", {"w:fldCharType": kind})


def _code(code: str) -> Any:
    made = _element("w:instrText", {"xml:space": "preserve"})
    made.text = f" {code} "
    return made


def _insert(within: Any, made: Any, *, before: Sequence[str]) -> None:
    """In the order that the format asks for: before the first of these."""
    from docx.oxml.ns import qn

    later = [one for name in before for one in within.findall(qn(name))]
    first = min(later, key=list(within).index, default=None)
    within.append(made) if first is None else first.addprevious(made)


def _element(name: str, attributes: dict[str, str]) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(key), value)
    return made
