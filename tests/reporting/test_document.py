"""One document becomes three kinds of file, each whole by itself."""

import datetime as dt
import io
import json
import re
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import pytest
import typst
from matplotlib.font_manager import findfont
from PIL import ImageFont
from playwright.sync_api import sync_playwright

from ml_core.reporting.document.document import (
    Code,
    Document,
    Figure,
    Missing,
    NumberOrigin,
    Paragraph,
    Points,
    Section,
    Table,
    is_number,
    spans,
)
from ml_core.reporting.document.docx import write_docx
from ml_core.reporting.document.html import write_html
from ml_core.reporting.document.markdown import write_markdown
from ml_core.reporting.document.pdf import write_pdf, write_source
from ml_core.reporting.document.writers import write_document

HERE = NumberOrigin("3", "7", "candorcast models demo")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = 'a <b> & "quotes" #let x = $1 *not bold* _so_ | pipe \\ back'


def png(width: int = 8, height: int = 6) -> bytes:
    """A white picture."""
    rows = b"".join(b"\0" + b"\xff" * 3 * width for _ in range(height))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )  # fmt: skip


@pytest.fixture(scope="module")
def document() -> Document:
    table = Table("What it came to", ("name", "value"), (("first", "+1.2 %"), (HOSTILE, "-")), HERE)
    figure = Figure("curve", "A curve", "A line that rises from 1 to 2.", png(), HERE)
    body = (
        Paragraph(f"Type `candorcast models demo` and see {HOSTILE}"),
        Points(("one", "two")),
        Code("candorcast rebuild demo"),
        table,
        figure,
    )
    other = (Missing("A thing", "nobody made it.", "candorcast search demo"),)
    first = Section("In short", (Paragraph("Nothing is proven.", "bad"), Paragraph("Why.", "lead")), HERE)
    return Document(
        "Title & more",
        "of a day",
        dt.date(2026, 1, 2),
        first,
        (Section("A part", body, HERE), Section("Another", other, HERE)),
    )


def test_percents_are_written_one_way_in_every_file_and_never_at_the_end_of_a_line():
    told = "Of 67% and 17.8 %, as `--home /tmp/5%20x` says"
    table = Table("A share of 90%", ("name", "90 %"), (("a", "5%"), ("b", "[1.0 %, 2 %]")), HERE)
    figure = Figure("one", "The 90% interval", "A bar at 90%.", png(), HERE)
    first = Section("In short", (Paragraph(told), Points((told,)), table, figure), HERE)
    document = Document(
        "Title", "of a day", dt.date(2026, 1, 2), first, (Section("A part", (figure,), HERE),)
    )
    word = docx.Document(io.BytesIO(write_docx(document)))
    cells = [cell.text for grid in word.tables for row in grid.rows for cell in row.cells]
    files = {
        "html": re.sub("<style>.*</style>", "", write_html(document).decode(), flags=re.DOTALL),
        "docx": "\n".join([*(one.text for one in word.paragraphs), *cells]),
        "pdf": write_source(document, "a4").split("#one-page[")[1],
    }
    for name, text in files.items():
        shown = text.replace("5%20x", "")
        assert "5%20x" in text, name
        assert len(re.findall(r"\d\u00a0%", shown)) >= 9, name
        assert not re.findall(r"\d ?%", shown), name
    marked = write_markdown(document)
    assert "5%20x" in marked
    assert "Of 67 % and 17.8 %" in marked


def test_an_empty_section_is_refused():
    with pytest.raises(ValueError, match="a missing part is said"):
        Section("Empty", (), HERE)


def test_html_asks_nobody_for_anything_and_fits_a_phone(document, tmp_path, chromium):
    file = tmp_path / "report.html"
    write_document(document, file)
    asked = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("document.images[0].naturalWidth") == 8
        shown = page.inner_text("main")
        browser.close()
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}
    assert HOSTILE in shown
    assert "candorcast models demo" in shown


def test_html_gives_every_picture_words_and_has_both_colour_schemes(document):
    text = write_html(document).decode()
    assert 'alt="A line that rises from 1 to 2."' in text
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"""(src|href)=["']?https?:""", text)


def test_a_word_file_has_real_headings_captions_alternative_texts_and_fields(document):
    file = docx.Document(io.BytesIO(write_docx(document)))
    styles = {paragraph.text: paragraph.style.name for paragraph in file.paragraphs}
    assert styles["Title & more"] == "Title"
    assert styles["A part"] == "Heading 1"
    assert styles["Table 1. What it came to"] == "Caption"
    assert styles["one"] == "List Bullet"
    (picture,) = file.inline_shapes
    assert picture._inline.docPr.get("descr") == "A line that rises from 1 to 2."
    with zipfile.ZipFile(io.BytesIO(write_docx(document))) as parts:
        body, foot = (parts.read(f"word/{name}.xml").decode() for name in ("document", "footer1"))
    assert "TOC \\o" in body
    assert "SEQ Table" in body
    assert "NUMPAGES" in foot
    assert HOSTILE in {cell.text for row in file.tables[0].rows for cell in row.cells}


def test_the_contents_of_a_word_file_lead_to_its_headings(document):
    with zipfile.ZipFile(io.BytesIO(write_docx(document))) as parts:
        body = ElementTree.fromstring(parts.read("word/document.xml"))
    targets = {one.get(f"{W}name") for one in body.iter(f"{W}bookmarkStart")}
    links = [one.get(f"{W}anchor") for one in body.iter(f"{W}hyperlink")]
    assert len(links) == len(document.sections)
    assert set(links) == targets
    begun = [one.get(f"{W}fldCharType") for one in body.iter(f"{W}fldChar")]
    assert begun.count("begin") == begun.count("end") == begun.count("separate")


def test_a_few_words_beside_many_keep_their_room_in_a_word_file():
    row = ("10-session momentum; " * 20, "+0.48 %", "level, order, range")
    first = Section("In short", (Table("Lost", ("without", "level", "surely"), (row,), HERE),), HERE)
    written = write_docx(Document("Title", "of a day", dt.date(2026, 1, 2), first, ()))
    (grid,) = docx.Document(io.BytesIO(written)).tables
    assert grid.columns[2].width.mm > 25


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_no_number_and_no_word_of_a_head_is_broken_in_a_word_file(paper):
    """By the widths of DejaVu Sans, which stands in for the font where LibreOffice has none like it."""
    columns = ("score", "ahead", "model", "90 %", "zero", "mean", "last", "ewma", "gjr garch")
    row = ("directional accuracy", "1", "0.0002805", "[0.0002448, 0.0003226]", *("0.0002823",) * 5)
    few = Table(
        "Few", ("without", "level", "surely"), (("10-session momentum " * 9, "+0.48 %", "level"),), HERE
    )
    first = Section("In short", (Table("Many", columns, (row,), HERE), few), HERE)
    file = docx.Document(
        io.BytesIO(write_docx(Document("Title", "of a day", dt.date(2026, 1, 2), first, ()), paper=paper))
    )
    plain, bold = (ImageFont.truetype(findfont(f"DejaVu Sans{look}"), 1000) for look in ("", ":bold"))
    for grid in file.tables:
        for column in grid.columns:
            head, *cells = [cell.paragraphs[0] for cell in column.cells]
            size = head.style.font.size.pt / 72 * 25.4
            wide = [plain.getlength(one.text) for one in cells if is_number(one.text)]
            wide += [bold.getlength(word) for word in head.text.split()]
            assert max(wide) / 1000 * size + 2 < column.width.mm, head.text


def test_the_first_page_of_a_word_file_is_set_smaller_where_it_would_not_be_one():
    def sizes(lines: int) -> set[float | None]:
        first = Section("In short", (Paragraph("a line " * 30),) * lines, HERE)
        file = docx.Document(
            io.BytesIO(write_docx(Document("Title", "", dt.date(2026, 1, 2), first, (other,))))
        )
        (contents,) = [one for one in file.paragraphs if one.text == "What it rests on"]
        assert contents.paragraph_format.page_break_before, "with no empty page between"
        return {one.runs[0].font.size for one in file.paragraphs if one.text.startswith("a line")}

    other = Section("A part", (Paragraph("Why."),), HERE)
    assert sizes(5) == {None}
    (smaller,) = sizes(21)
    assert smaller is not None and 7 <= smaller.pt < 10.5
    assert sizes(200) == {None}, "much too long for a page: read as all else"


def test_a_picture_of_a_word_file_leaves_room_for_what_goes_before_it():
    first = Section("In short", (Paragraph("Why."),), HERE)
    figure = Figure("high", "A square", "A grey square.", png(8, 7), HERE)
    body = Section("A part", (figure,), HERE)
    written = write_docx(Document("Title", "", dt.date(2026, 1, 2), first, (body,)))
    (picture,) = docx.Document(io.BytesIO(written)).inline_shapes
    assert picture.height.mm <= 105.1
    assert picture.width.mm / picture.height.mm == pytest.approx(8 / 7, rel=0.01)


@pytest.mark.parametrize(("paper", "width"), [("a4", 210.0), ("letter", 215.9)])
def test_paper_is_a4_or_letter(document, paper, width):
    page = docx.Document(io.BytesIO(write_docx(document, paper=paper))).sections[0]
    assert page.page_width.mm == pytest.approx(width, abs=0.1)
    written = write_pdf(document, paper=paper)
    (box,) = set(re.findall(rb"/MediaBox ?\[0 0 ([\d.]+)", written))
    assert float(box) == pytest.approx(width / 25.4 * 72, abs=0.5)


def test_a_pdf_is_tagged_has_bookmarks_and_alternative_texts(document):
    written = write_pdf(document)
    assert written.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in written
    assert b"/Outlines" in written
    assert b"A line that rises from 1 to 2." in written


def test_the_same_document_gives_the_same_html_and_pdf(document):
    assert write_html(document) == write_html(document)
    assert write_pdf(document) == write_pdf(document)


def test_an_origin_is_told_once_at_the_foot_of_what_it_is_of(document):
    assert write_markdown(document).count("*version 3, data version 7:*") == 4


def test_what_stands_between_backticks_is_typed_as_it_stands():
    assert spans("run `a b` now") == [("run ", False), ("a b", True), (" now", False)]


@pytest.mark.parametrize("cell", ["1", "-", "", "+1.2 %", "[0.1, 0.2]", "p < 0.001", "p = 0.020"])
def test_a_figure_stands_to_the_right(cell):
    assert is_number(cell)


@pytest.mark.parametrize("cell", ["proven", "2 of 3", "pinball", "1 in 50"])
def test_words_stand_to_the_left(cell):
    assert not is_number(cell)


@pytest.mark.parametrize("lines", [36, 37, 38])
def test_a_caption_stays_on_the_page_of_its_table(lines, tmp_path):
    """Where the lines above leave room for the caption and for nothing else, it goes to the next page too."""
    rows = tuple((f"row {place}", f"{place}") for place in range(30))
    body = (*(Paragraph("a line"),) * lines, Table("A caption", ("name", "value"), rows, HERE))
    first = Section("In short", (Paragraph("Why."),), HERE)
    document = Document("Title", "of a day", dt.date(2026, 1, 2), first, (Section("A part", body, HERE),))
    source = write_source(document, "a4")
    source = source.replace('caption: "Table 1. A caption"', 'caption: [A caption #metadata("c") <place>]')
    source = source.replace('[#"row 0"]', '[row 0 #metadata("r") <place>]')
    source += "\n#context [#metadata(query(<place>).map(one => one.location().page())) <pages>]"
    told = ask_typst(source, "<pages>", tmp_path)
    caption, row = told
    assert caption == row


def ask_typst(source: str, label: str, folder: Path) -> Any:
    """What stands at that label of the file, once it is laid out."""
    (folder / "one.typ").write_text(source, encoding="utf-8")
    (found,) = json.loads(typst.query(folder / "one.typ", label, ignore_system_fonts=True))
    return found["value"]


def count_pages(document: Document) -> int:
    return len(re.findall(rb"/Type ?/Page\b", write_pdf(document, paper="letter")))


@pytest.mark.parametrize(("lines", "pages"), [(48, 2), (90, 4)])
def test_what_is_a_little_too_long_for_the_first_page_is_set_smaller(lines, pages):
    """The last page has the contents."""
    first = Section("In short", (Paragraph("a line"),) * lines, HERE)
    assert count_pages(Document("Title", "of a day", dt.date(2026, 1, 2), first, ())) == pages


def test_a_figure_that_does_not_fit_leaves_no_page_half_empty():
    first, lines = Section("In short", (Paragraph("Why."),), HERE), (Paragraph("a line"),) * 20
    figure = Figure("high", "A square", "A grey square.", png(8, 8), HERE)
    body = Section("A part", (*lines, figure, *lines), HERE)
    assert count_pages(Document("Title", "of a day", dt.date(2026, 1, 2), first, (body,))) == 3


@pytest.mark.parametrize("lines", [4, 20, 24, 30])
def test_a_figure_stands_before_the_table_and_the_heading_that_follow_it(lines, tmp_path):
    figure = Figure("high", "of high", "A grey square.", png(8, 6), HERE)
    rows = tuple((f"row {place}", f"{place}") for place in range(40))
    table = Table("A caption", ("name", "value"), rows, HERE)
    first, body = Section("In short", (Paragraph("Why."),), HERE), (Paragraph("a line"),) * lines
    sections = (
        Section("A part", (*body, figure, table), HERE),
        Section("Another", (*body, replace(figure, name="other", caption="of other")), HERE),
        Section("The last", (replace(figure, name="third", caption="of third"), Paragraph("The end.")), HERE),
    )
    source = write_source(Document("Title", "of a day", dt.date(2026, 1, 2), first, sections), "a4")
    for number, name in enumerate(("high", "other", "third"), start=1):
        (tmp_path / f"{name}.png").write_bytes(figure.png)
        source = source.replace(f'"Figure {number}. of {name}"', f"[of {name} #metadata(0) <place>]")
    source = source.replace('[#"row 0"]', "[row 0 #metadata(0) <place>]")
    source += (
        "\n#context [#metadata((query(<place>), query(heading.where(level: 1))).map(some => some.map(one => "
        "(one.location().page(), one.location().position().y.pt())))) <places>]"
    )
    told = ask_typst(source, "<places>", tmp_path)
    (one, row, two, three), (*_, other, last) = told
    assert one < row < other < two < last < three


def seen_on_a_phone(chromium: str, first: Section, width: int, asked: str) -> list:
    """What a script finds in a page of that section alone, on a screen so many pixels wide."""
    document = Document("Title", "of a day", dt.date(2026, 1, 2), first, ())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.set_content(write_html(document).decode())
        found = page.evaluate(asked)
        browser.close()
    return found


def test_a_table_that_is_wider_than_a_phone_shows_that_it_goes_on_and_has_no_rows_of_blank_height(chromium):
    columns = ("trial", "family", "validation", "test", "error", "again", "settings")
    row = (
        "4cd58707",
        "lstm",
        "0.1883",
        "0.1375",
        "0.01",
        "0.13",
        "lr 0.001, hidden 16, layers 2, dropout 0.17, " * 3,
    )
    first = Section("In short", (Table("The best", columns, (row,), HERE),), HERE)
    shade, high = seen_on_a_phone(
        chromium,
        first,
        390,
        "(() => { const box = document.querySelector('.wide'); return [getComputedStyle(box).backgroundImage, "
        "document.querySelector('td').clientHeight] })()",
    )
    assert shade.count("linear-gradient") == 4, "a shade at either end, hidden where nothing goes on"
    assert high < 75, "three lines at most"


def test_a_table_of_few_columns_does_not_scroll_sideways_on_a_phone(chromium):
    columns = ("what a forecast says", "ahead", "verdict", "by luck alone", "live since")
    row = ("which goes better than which", "20", "not proven", "more than 1 in 2", "refuted")
    first = Section("In short", (Table("What is proven", columns, (row,), HERE),), HERE)
    wide, seen = seen_on_a_phone(
        chromium,
        first,
        375,
        "(() => { const box = document.querySelector('.wide'); return [box.scrollWidth, box.clientWidth] })()",
    )
    assert wide == seen


@pytest.mark.parametrize("lines", range(24, 40, 2))
def test_two_figures_that_have_no_room_both_stand_before_the_next_heading(lines, tmp_path):
    figures = [Figure(name, f"of {name}", "A grey square.", png(8, 4), HERE) for name in ("one", "two")]
    first, body = Section("In short", (Paragraph("Why."),), HERE), (Paragraph("a line"),) * lines
    sections = (
        Section("A part", (*body, figures[0], Paragraph("What the other shows."), figures[1]), HERE),
        Section("Another", (Paragraph("The end."),), HERE),
    )
    for one in figures:
        (tmp_path / f"{one.name}.png").write_bytes(one.png)
    source = write_source(Document("Title", "of a day", dt.date(2026, 1, 2), first, sections), "a4")
    source += (
        "\n#context [#metadata((..query(figure.caption), query(heading.where(level: 1)).last()).map(one => "
        "(one.location().page(), one.location().position().y.pt()))) <places>]"
    )
    told = ask_typst(source, "<places>", tmp_path)
    assert told == sorted(told)


@pytest.mark.parametrize("rows", range(44, 50))
def test_no_page_has_the_head_of_a_table_and_no_row_of_it(rows, tmp_path):
    table = Table(
        "A caption", ("name", "value"), tuple((f"row {one}", f"{one}") for one in range(rows)), HERE
    )
    first = Section("In short", (Paragraph("Why."),), HERE)
    body = (Section("A part", (Paragraph("a line"), table), HERE),)
    source = write_source(Document("Title", "of a day", dt.date(2026, 1, 2), first, body), "a4")
    source = source.replace(f'[#"row {rows - 1}"]', f"[row {rows - 1} #metadata(0) <place>]")
    source = source.replace("place(line))", "[#metadata(0) <origin>] + place(line))")
    source += (
        "\n#context [#metadata((query(<place>).last(), query(<origin>).last()).map(one => one.location().page())) "
        "<pages>]"
    )
    told = ask_typst(source, "<pages>", tmp_path)
    row, origin = told
    assert row == origin


@pytest.mark.parametrize("lines", range(10, 40, 3))
def test_a_heading_and_its_sentence_stay_on_the_page_of_the_figure_that_they_lead_to(lines, tmp_path):
    figure = Figure("high", "of high", "A grey square.", png(8, 6), HERE)
    first, body = Section("In short", (Paragraph("Why."),), HERE), (Paragraph("a line"),) * lines
    sections = (
        Section("A part", body, HERE),
        Section("Another", (Paragraph("What it is."), Paragraph("A note.", "note"), figure), HERE),
    )
    (tmp_path / "high.png").write_bytes(figure.png)
    source = write_source(Document("Title", "of a day", dt.date(2026, 1, 2), first, sections), "letter")
    source += (
        "\n#context [#metadata((query(heading.where(level: 1)).last(), query(figure).last()).map(one => "
        "one.location().page())) <pages>]"
    )
    told = ask_typst(source, "<pages>", tmp_path)
    assert len(set(told)) == 1
