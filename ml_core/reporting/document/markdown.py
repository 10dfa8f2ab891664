"""Writes a document as Markdown, for where a page is shown that is no file of its own: Prefect, a terminal. Pictures
are named and lie beside it."""

from __future__ import annotations

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
)


def write_markdown(document: Document) -> str:
    parts = [f"# {document.title}", f"*{document.subtitle}*", *_blocks(document.first)]
    for section in document.sections:
        parts += [f"## {section.title}", *_blocks(section)]
    return _plain(parts)


def write_first(document: Document) -> str:
    """The first page alone."""
    return _plain([f"# {document.title}", *_blocks(document.first)])


def _plain(parts: list[str]) -> str:
    """Percents one way, with ordinary gaps, but for what is typed as it stands."""
    pieces = "\n\n".join(parts).split("`")
    return "`".join(one if place % 2 else firm(one, gap=" ") for place, one in enumerate(pieces)) + "\n"


def _blocks(section: Section) -> list[str]:
    return [*(_block(one) for one in section.blocks), *([_origin(section.foot)] if section.foot else [])]


def _block(block: Block) -> str:
    match block:
        case Paragraph(text, "good" | "bad"):
            return f"**{text}**"
        case Paragraph(text):
            return text
        case Points(items):
            return "\n".join(f"- {one}" for one in items)
        case Code(text):
            return f"```\n{text}\n```"
        case Missing(what, why, command):
            return f"*{what}: not there.* {why}" + (f" `{command}`" if command else "")
        case Table(caption, columns, rows, origin):
            lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
            lines += ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]
            return (
                f"{caption}:\n\n" + "\n".join(lines) + (f"\n\n{_origin(origin)}" if not origin.quiet else "")
            )
        case Figure(name, caption, _, _, origin):
            return f"![{caption}]({name}.png)\n\n{_origin(origin)}"


def _origin(origin: NumberOrigin) -> str:
    return f"*{origin.told}:* `{origin.command}`"
