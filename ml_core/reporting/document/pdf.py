"""Writes a document as PDF, by Typst: tagged for screen readers, with bookmarks, contents and page numbers. The fonts
come with the library, so that a page looks the same on every machine."""

from __future__ import annotations

import datetime as dt
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path

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

LONG, BREAKS = re.compile(r"\w{32}(?=\w)"), "\\g<0>\u200b"  # a hash is broken, which no language would
PAPERS = {"a4": "a4", "letter": "us-letter"}
FLUSH = "#place.flush()"  # no figure goes into a table, behind another, or under the next heading
HEAD, MOST_LED = "48pt", 2  # that a heading takes above a figure; paragraphs between them that stay with both
SMALL = 7  # columns from which a table is set smaller
STYLE = """
#set text(font: "Libertinus Serif", size: 10.5pt, lang: "en", hyphenate: true)
#set par(leading: 0.62em, spacing: 0.95em, justify: false)
#set heading(numbering: none)
#show heading.where(level: 1): it => block(above: 1.6em, below: 0.8em, sticky: true, text(size: 15pt, it.body))
#show figure.caption: it => block(sticky: true, width: 100%, align(left, text(size: 9pt, fill: rgb("#444a50"), it)))
#show figure: set block(above: 1.2em, below: 0.5em)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.where(kind: table): set block(breakable: true)
#show raw: set text(font: "DejaVu Sans Mono", size: 0.82em)
#show figure: set align(left)
#set figure(numbering: none, supplement: none) // the document has counted: a number does not hang on the layout
#set table(stroke: (x, y) => (bottom: if y == 0 { 0.8pt } else { 0.3pt } + rgb("#a8adb3")), inset: (x: 4pt, y: 3.5pt))
#show table.cell.where(y: 0): strong
#let source(told, command) = text(size: 7.5pt, fill: rgb("#5c6166"))[#told · #raw(command)]
#let origin(told, command) = block(above: 0.5em, below: 1.1em, source(told, command))
#let below(told, command) = context { // as wide as the page, and yet no column grows by it
  let line = block(width: page.width - 4.2cm, source(told, command))
  box(width: 0pt, height: measure(line).height, place(line))
}
#let least = 0.6 // of its size; a picture that would have to be smaller goes to the next page
#let margin = (top: 2cm, bottom: 2.2cm, side: 2.1cm)
#let from(name) = block(height: 0pt, above: 0pt, below: 0pt, [#metadata(none)#label(name)])
// Stands where it is told of, as large as there is room.
#let picture(name, head, lead, alt, caption, told, command) = context {
  let words = [#caption#linebreak()#source(told, command)]
  let wide = page.width - 2 * margin.side
  let high = measure(image(name + ".png", width: wide)).height
  let led = measure(block(width: wide, lead)).height
  let taken = head + led + 24pt + measure(block(width: wide, text(size: 9pt, words))).height
  let room = page.height - margin.bottom - taken - query(label(name)).first().location().position().y
  let later = room < least * high // what follows up to the next table or heading goes before it
  let scale = if later or room >= high { 1 } else { room / high }
  figure(image(name + ".png", width: scale * 100%, alt: alt), alt: alt, caption: words,
    placement: if later and head == 0pt { auto } else { none }) // what a heading begins with stays below it
}
#let one-page(body) = layout(room => {
  let fits(size) = measure(block(width: room.width, { set text(size: size); body })).height <= room.height
  let found = range(10).map(step => 10.5pt - step * 0.25pt).find(fits)
  set text(size: if found == none { 10.5pt } else { found }) // much too long for a page: read as all else
  body
})
#let verdict(body, paint) = block(width: 100%, inset: (x: 8pt, y: 6pt), fill: rgb("#f5f6f8"),
  stroke: (left: 2.5pt + paint), strong(body))
#let missing(what, why) = block(width: 100%, inset: 7pt, stroke: (paint: rgb("#a8adb3"), dash: "dashed"),
  [#strong(what) #why])
"""
PAINTS = {"good": "#006b4f", "bad": "#a63c00"}


def write_pdf(document: Document, *, paper: PaperFormat = "a4") -> bytes:
    import typst

    with tempfile.TemporaryDirectory(prefix="candorcast-") as folder:
        for figure in document.figures:
            (Path(folder) / f"{figure.name}.png").write_bytes(figure.png)
        file = Path(folder) / "document.typ"
        file.write_text(write_source(document, paper), encoding="utf-8")
        made = dt.datetime.combine(document.date, dt.time(), dt.UTC)
        written = typst.compile(
            file,
            root=Path(folder),
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards="ua-1",
            timestamp=made,
        )
    assert isinstance(written, bytes)
    return written


def write_source(document: Document, paper: PaperFormat) -> str:
    """As Typst reads it."""
    title, subtitle = _text(document.title), _text(document.subtitle)
    return "\n".join(
        [
            f"#set document(title: {title}, date: datetime(year: {document.date.year}, month: {document.date.month}, "
            f"day: {document.date.day}))",
            f'#set page(paper: "{PAPERS[paper]}", margin: (x: 2.1cm, top: 2cm, bottom: 2.2cm), footer: context '
            f'[#set text(size: 8pt, fill: rgb("#5c6166")); #{title} #h(1fr) '
            "#counter(page).display() / #counter(page).final().first()])",
            STYLE,
            "#one-page[",
            f"#block(below: 0.5em, text(size: 21pt, weight: 700, {title}))",
            f'#block(below: 1.2em, text(fill: rgb("#5c6166"), {subtitle}))',
            *_blocks(document, document.first),
            "]",
            "#pagebreak()",
            '#outline(title: "What it rests on", depth: 1)',
            *(line for section in document.sections for line in _section(document, section)),
        ]
    )


def _section(document: Document, section: Section) -> list[str]:
    heading, blocks = f"{FLUSH}\n#heading(level: 1, {_text(section.title)})", section.blocks
    led = next((place for place, one in enumerate(blocks) if not isinstance(one, Paragraph)), len(blocks))
    if led == len(blocks) or led > MOST_LED or not isinstance(first := blocks[led], Figure):
        return [heading, *_blocks(document, section)]
    lead = f"[{' '.join(_block(document, one) for one in blocks[:led])}]"  # heading, words and figure stay together
    kept = [f"#block(sticky: true, {lead})"] if led else []
    rest = replace(section, blocks=blocks[led:])
    return [_from(first), heading, *kept, _picture(document, first, HEAD, lead), *_blocks(document, rest)[1:]]


def _blocks(document: Document, section: Section) -> list[str]:
    return [
        *(_block(document, one) for one in section.blocks),
        *([_origin(section.foot)] if section.foot else []),
    ]


def _block(document: Document, block: Block) -> str:
    match block:
        case Paragraph(text, "good" | "bad" as tone):
            return f'#verdict({_spans(text)}, rgb("{PAINTS[tone]}"))'
        case Paragraph(text, tone):
            looks = {"lead": "size: 1.14em, ", "note": 'size: 0.86em, fill: rgb("#5c6166"), '}.get(tone, "")
            return f"#par(text({looks}{_spans(text)}))"
        case Points(items):
            return f"#list({', '.join(_spans(one) for one in items)})"
        case Code(text):
            return f'#block(fill: rgb("#f5f6f8"), inset: 7pt, width: 100%, raw({_text(text)}))'
        case Missing(what, why, command):
            helps = f" #raw({_text(command)})" if command else ""
            return f"#missing({_text(f'{what}: not there.')}, [#{_spans(why)}{helps}])"
        case Table():
            return _table(document, block)
        case Figure():
            return f"{FLUSH}\n{_from(block)}\n{_picture(document, block)}"


def _from(figure: Figure) -> str:
    """Marks from where on there is room for it."""
    return f"#from({_text(figure.name)})"


def _picture(document: Document, figure: Figure, head: str = "0pt", lead: str = "[]") -> str:
    origin = figure.origin
    caption = firm(f"{document.label(figure)}. {figure.caption}")
    told = ", ".join(map(_text, (firm(figure.alt), caption, origin.told, origin.command)))
    return f"#picture({_text(figure.name)}, {head}, {lead}, {told})"


def _table(document: Document, table: Table) -> str:
    kinds = table.numeric
    widths = [_width(table, at) for at in range(len(table.columns))]
    aligned = ", ".join("right" if kind else "left" for kind in kinds)
    heads = ", ".join(f"[#{_text(firm(name))}]" for name in table.columns)
    rows = ", ".join(f"[#{_text(LONG.sub(BREAKS, firm(cell)))}]" for row in table.rows for cell in row)
    size = "0.76em" if len(table.columns) >= SMALL else "0.86em"
    grid = f"table(columns: ({', '.join(widths)},), align: ({aligned},), table.header({heads}), {rows}{_below(table)})"
    room = "\n#v(0.9em)" if table.origin.quiet else ""  # where no origin parts it from what follows
    shown = f"align(left, text(size: {size}, {grid}))"
    caption = _text(firm(f"{document.label(table)}. {table.caption}"))
    return f"{FLUSH}\n#figure({shown}, kind: table, caption: {caption}){room}"


def _below(table: Table) -> str:
    """The origin, below the rows of each page: at the end alone it might stand on a page without any."""
    if table.origin.quiet:
        return ""
    foot = f"below({_text(table.origin.told)}, {_text(table.origin.command)})"
    cell = f"table.cell(colspan: {len(table.columns)}, align: left, stroke: none, {foot})"
    return f", table.footer({cell})"


def _width(table: Table, at: int) -> str:
    """A column of sentences takes what the others leave."""
    return "1fr" if max((len(row[at]) for row in table.rows), default=0) > 26 else "auto"


def _origin(origin: NumberOrigin) -> str:
    return f"\n#origin({_text(origin.told)}, {_text(origin.command)})"


def _spans(text: str) -> str:
    """As content, in which what is typed stands out."""
    parts = [f"#raw({_text(part)})" if typed else f"#{_text(part)}" for part, typed in spans(text)]
    return f"[{''.join(parts)}]"


def _text(text: str) -> str:
    """As a string of Typst, in which nothing has a meaning of its own."""
    return json.dumps(text, ensure_ascii=False)
