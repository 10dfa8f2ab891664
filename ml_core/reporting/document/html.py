"""Writes a document as one HTML file that asks nobody for anything: style and pictures stand in it. It reads on a phone
and a desk, in light and dark, and on paper."""

from __future__ import annotations

import base64
import re
from html import escape

from ml_core.reporting.document.document import (
    Block,
    Code,
    Document,
    Figure,
    Missing,
    NumberOrigin,
    Paragraph,
    Points,
    Section,
    Table,
    firm,
    spans,
)

DATE = re.compile(r"\d{4}-\d\d-\d\d")
FEW, MANY = 5, 8  # columns up to which a table fits a phone, and from which it is set smaller
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; --ink: #1d1f21; --soft: #5c6166; --paper: #ffffff; --line: #dcdfe3; --band: #f5f6f8;
  --shade: #5c616699; --link: #00598c; --good: #006b4f; --bad: #a63c00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #a3a9b0; --paper: #15181b; --line: #363b41;
  --band: #1e2226; --shade: #ffffff4d; --link: #7cc4ee; --good: #5fd0ac; --bad: #ffa36b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI",
  Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
main { max-width: 54rem; margin: 0 auto; padding: 2rem 1.1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 2.6rem 0 .7rem; padding-top: .9rem;
  border-top: 1px solid var(--line); }
.subtitle, .origin, figcaption, .caption, .note { color: var(--soft); }
.subtitle { margin: 0 0 1.4rem; }
.lead { font-size: 1.12rem; }
.good, .bad { border-left: .3rem solid; padding: .45rem .8rem; background: var(--band); font-weight: 600; }
.good { border-color: var(--good); } .bad { border-color: var(--bad); }
.missing { border: 1px dashed var(--line); border-radius: .4rem; padding: .6rem .8rem; }
nav { background: var(--band); border-radius: .5rem; padding: .7rem 1rem; margin: 1.6rem 0 0; }
nav summary { font-weight: 600; cursor: pointer; }
nav ol { margin: .6rem 0 .2rem; padding-left: 1.4rem; }
a { color: var(--link); }
.wide { overflow-x: auto; -webkit-overflow-scrolling: touch; background-repeat: no-repeat;
  background-attachment: local, local, scroll, scroll; background-position: 0 0, 100% 0, 0 0, 100% 0;
  background-size: 2.6rem 100%, 2.6rem 100%, 1.1rem 100%, 1.1rem 100%;
  background-image: linear-gradient(to right, var(--paper) 45%, transparent),
  linear-gradient(to left, var(--paper) 45%, transparent), linear-gradient(to right, var(--shade), transparent),
  linear-gradient(to left, var(--shade), transparent); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
table.dense { font-size: .8rem; }
.caption { font-size: .9rem; margin: 1.2rem 0 .4rem; break-after: avoid; }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: normal; }
th { font-weight: 600; border-bottom-width: 2px; }
th.number, td.number { text-align: right; white-space: nowrap; }
td.text { min-width: 5.5rem; }
td.some { min-width: 9.5rem; } td.long { min-width: 15rem; overflow-wrap: anywhere; }
@media (max-width: 30rem) { table.few { font-size: .85rem; } table.few :is(th, td) { padding-right: .5rem; }
  table.few :is(td.text, td.some) { min-width: 0; } table:not(.few) td.long { min-width: 34rem; } }
.date { white-space: nowrap; }
figure { margin: 1.4rem 0; }
figure img { display: block; width: 100%; height: auto; border-radius: .4rem; background: #fff; }
figcaption { font-size: .9rem; margin-top: .5rem; }
.origin { font-size: .78rem; margin: .35rem 0 1.3rem; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .92em; }
pre { background: var(--band); border-radius: .4rem; padding: .7rem .9rem; white-space: pre-wrap; margin: .6rem 0; }
@media print { nav { display: none; } main { max-width: none; padding: 0; } h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; } .first { break-after: page; } }
"""


def write_html(document: Document) -> bytes:
    sections = "".join(_section(document, one, place) for place, one in enumerate(document.sections, start=1))
    listed = "".join(
        f'<li><a href="#s{place}">{escape(one.title)}</a></li>'
        for place, one in enumerate(document.sections, start=1)
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<header><h1>{escape(document.title)}</h1><p class="subtitle">{escape(document.subtitle)}</p></header>\n'
        f'<section class="first">{_blocks(document, document.first)}</section>\n'
        f"<nav><details open><summary>What it rests on</summary><ol>{listed}</ol></details></nav>\n"
        f"{sections}</main>\n</body>\n</html>\n"
    ).encode()


def _section(document: Document, section: Section, place: int) -> str:
    return f'<section id="s{place}"><h2>{escape(section.title)}</h2>{_blocks(document, section)}</section>\n'


def _blocks(document: Document, section: Section) -> str:
    return (
        "\n".join(_block(document, one) for one in section.blocks)
        + "\n"
        + (_origin(section.foot) if section.foot else "")
    )


def _block(document: Document, block: Block) -> str:
    match block:
        case Paragraph(text, "plain"):
            return f"<p>{_text(text)}</p>"
        case Paragraph(text, tone):
            return f'<p class="{tone}">{_text(text)}</p>'
        case Points(items):
            return "<ul>" + "".join(f"<li>{_text(one)}</li>" for one in items) + "</ul>"
        case Code(text):
            return f"<pre><code>{escape(text)}</code></pre>"
        case Missing(what, why, command):
            helps = f" <code>{escape(command)}</code>" if command else ""
            return f'<p class="missing"><strong>{escape(what)}: not there.</strong> {_text(why)}{helps}</p>'
        case Table():
            return _table(block, document.label(block))
        case Figure():
            return _figure(block, document.label(block))


def _table(table: Table, label: str) -> str:
    kinds = table.numeric
    heads = "".join(
        f'<th scope="col"{_kind(kind)}>{escape(firm(name))}</th>'
        for name, kind in zip(table.columns, kinds, strict=True)
    )
    rows = "".join(
        "<tr>" + "".join(_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in table.rows
    )
    told, place = f"{label}. {escape(firm(table.caption))}", label.replace("Table ", "t")
    look = "dense" if len(table.columns) >= MANY else "few" if len(table.columns) <= FEW else ""
    return (
        f'<p class="caption" id="{place}">{told}</p><div class="wide" tabindex="0" role="group" '
        f'aria-labelledby="{place}"><table class="{look}" aria-labelledby="{place}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{_origin(table.origin)}"
    )


def _cell(cell: str, number: bool) -> str:
    kind = "number" if number else "long" if len(cell) > 40 else "some" if len(cell) > 18 else "text"
    return f'<td class="{kind}">{_text(cell)}</td>'


def _kind(number: bool) -> str:
    return ' class="number"' if number else ""


def _figure(figure: Figure, label: str) -> str:
    picture = base64.b64encode(figure.png).decode()
    return (
        f'<figure><img alt="{escape(firm(figure.alt))}" src="data:image/png;base64,{picture}">'
        f"<figcaption>{label}. {escape(firm(figure.caption))}</figcaption></figure>{_origin(figure.origin)}"
    )


def _text(text: str) -> str:
    """Typed parts as code, and no date broken in two."""
    return "".join(
        f"<code>{escape(part)}</code>"
        if typed
        else DATE.sub(r'<span class="date">\g<0></span>', escape(part))
        for part, typed in spans(text)
    )


def _origin(origin: NumberOrigin) -> str:
    told = f'<p class="origin">{escape(origin.told)} · <code>{escape(origin.command)}</code></p>'
    return "" if origin.quiet else told
