"""Files outside `docs` that pages link to: README and its neighbours become pages, and so does each file of code, since
the site knows no repository to send a reader to."""

import ast
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

HOUSE = Path(__file__).parents[1]
CARRIED = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
LINK = re.compile(r"(\]\()(?!https?:|mailto:|#)([^)#\s]+)")
WRITTEN_IN = {".py": "python", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".ipynb": "json"}


def carried_pages() -> dict[str, str]:
    """The documents at the top of the tree, at their places on the site."""
    return {place: (HOUSE / name).read_text(encoding="utf-8") for name, place in CARRIED.items()}


def place_of(target: str, source: str) -> str:
    """Where the page lies on the site that `source`, a page of it, links to by a path of the tree."""
    lies = "." if source in CARRIED.values() else posixpath.join("docs", posixpath.dirname(source))
    path = posixpath.normpath(posixpath.join(lies, target))
    if path in CARRIED:
        return CARRIED[path]
    if path == "docs" or path.startswith("docs/"):
        inside = posixpath.relpath(path, "docs")
        return posixpath.join(inside, "index.md") if (HOUSE / path).is_dir() else inside
    return f"source/{path}.md"


def source_pages(pages: Mapping[str, str]) -> dict[str, str]:
    """Of every file and folder that a page links to and that is no document, and of every folder of documents."""
    named = {place_of(target, place) for place, text in pages.items() for _, target in LINK.findall(text)}
    made: dict[str, str] = {}
    for place in sorted(named - set(pages)):
        if place.startswith("source/"):
            made |= _show(place.removeprefix("source/").removesuffix(".md"))
        elif place.endswith("index.md"):
            made[place] = _list_documents(posixpath.dirname(place), pages)
    return made


def _show(path: str) -> dict[str, str]:
    """A file as it is; of a folder what is in it, and each of its files."""
    whole = HOUSE / path
    if not whole.is_dir():
        language, text = WRITTEN_IN.get(whole.suffix, "text"), whole.read_text(encoding="utf-8")
        return {f"source/{path}.md": f"# {path}\n\n````{language}\n{text}````\n"}
    files = sorted(one for one in whole.iterdir() if one.suffix in WRITTEN_IN)
    rows = [f"- [`{one.name}`]({whole.name}/{one.name}.md){_said(one)}" for one in files]
    made = {f"source/{path}.md": f"# {path}\n\n" + "\n".join(rows) + "\n"}
    for one in files:
        made |= _show(f"{path}/{one.name}")
    return made


def _said(file: Path) -> str:
    """What the file says of itself, in its first sentence."""
    if file.suffix != ".py":
        return ""
    told = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").replace("\n", " ")
    return f": {told.split('. ')[0].rstrip('.')}" if told else ""


def title_of(text: str) -> str:
    return next(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))


def _list_documents(folder: str, pages: Mapping[str, str]) -> str:
    inside = sorted(place for place in pages if posixpath.dirname(place) == folder)
    rows = [f"- [{title_of(pages[place])}]({posixpath.basename(place)})" for place in inside]
    return f"# {folder.capitalize()}\n\n" + "\n".join(rows) + "\n"
