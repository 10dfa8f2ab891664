"""Makes of Markdown as GitHub reads it what the site reads the same: links by a path of the tree, lists that follow
their sentence at once, and a drawing, for which the site would fetch a program from elsewhere."""

import posixpath
import re

from website.sources import LINK, place_of

ITEM = re.compile(r"(?:[-*] |\d+\. )")
ARROW = re.compile(
    r'^\s*(\w+)(?:[\[({"]+(.*?)["\])}]+)?\s*<?-->(?:\|"?(.*?)"?\|)?\s*(\w+)(?:[\[({"]+(.*?)["\])}]+)?$'
)


def rewrite(text: str, place: str) -> str:
    parts = re.split(r"(^```.*?^```[^\S\n]*$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(
        (_draw(part) if part.startswith("```mermaid") else part)
        if part.startswith("```")
        else _space_lists(_relink(part, place))
        for part in parts
    )


def _relink(text: str, place: str) -> str:
    """Each link to a path of the tree as one from this page to where that lies on the site."""
    if place.startswith(("source/", "reference/")):
        return text
    return LINK.sub(
        lambda match: (
            match[1] + posixpath.relpath(place_of(match[2], place), posixpath.dirname(place) or ".")
        ),
        text,
    )


def _space_lists(text: str) -> str:
    """With an empty line between a sentence and the list that follows it."""
    lines: list[str] = []
    for line in text.split("\n"):
        before = lines[-1] if lines else ""
        if ITEM.match(line) and before.strip() and not ITEM.match(before) and not before.startswith(" "):
            lines.append("")
        lines.append(line)
    return "\n".join(lines)


def _draw(block: str) -> str:
    """A flow chart as a list of its arrows: from what to what, and by which verb."""
    names: dict[str, str] = {}
    rows: list[str] = []
    for line in block.splitlines()[2:-1]:
        arrow = ARROW.match(line)
        if not arrow:
            raise ValueError(f"a drawing has a line that is no arrow: {line}")
        start, said, verb, end, called = arrow.groups()
        names |= {key: told.replace("<br/>", ": ") for key, told in ((start, said), (end, called)) if told}
        rows.append(f"| {names.get(start, start)} | {verb or ''} | {names.get(end, end)} |")
    return "\n".join(["| from | | to |", "|---|---|---|", *rows])
