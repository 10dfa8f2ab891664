"""The page of the Python interface, generated from signatures and docstrings: what the package offers, what an opened
experiment can do, and what comes back."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import candorcast
import candorcast.testing
from candorcast import opened, rechecked

WIDE = 100  # characters of a signature in one line
HEAD = """# Python

Signatures and what each does, as the code says it. How they are used, by example: [the guide](../python.md). `Progress`
is a function of a line, such as `print`; `AnyDay` a date, or one as text, such as `"2024-05-31"`.
"""


def write_python() -> Iterator[str]:
    yield HEAD
    yield "## candorcast\n"
    for name in sorted(candorcast.__all__, key=str.lower):
        yield from _write(f"candorcast.{name}", getattr(candorcast, name))
    yield "## candorcast.testing\n"
    for name in sorted(candorcast.testing.__all__):
        yield from _write(f"candorcast.testing.{name}", getattr(candorcast.testing, name))
    yield "## What comes back\n"
    for kind in given_back():
        yield from _write(kind.__name__, kind)


def given_back() -> list[type]:
    """The classes of ours that the verbs of an experiment, and `recheck`, give back and that the door does not name."""
    found: dict[str, type] = {}
    for module in (opened, rechecked):
        tree = ast.parse(inspect.getsource(module))
        places = {
            alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        told = [
            ast.unparse(node.returns)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.returns
        ]
        for name in sorted({word for one in told for word in re.findall(r"\w+", one)} & set(places)):
            if places[name].startswith("ml_core."):
                found[name] = getattr(import_module(places[name]), name)
    return [kind for name, kind in sorted(found.items()) if inspect.isclass(kind)]


def _write(name: str, thing: Any) -> Iterator[str]:
    """A function with its signature; a class with its fields, properties and methods."""
    if not inspect.isclass(thing):
        yield f"### {name}\n\n{_signed(name, thing)}\n\n{_told(thing)}\n"
        return
    yield f"### {name}\n\n{_told(thing)}\n"
    tree = _tree(thing)
    if fields := list(_fields(tree)):
        yield "\n".join(["| field | type |", "|---|---|", *fields, ""])
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_":
            yield _member(thing.__name__, node)


def _fields(tree: ast.ClassDef) -> Iterator[str]:
    """What each object holds, and of what kind it is."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_":
            kind = ast.unparse(node.annotation)
            if not kind.startswith("ClassVar"):
                yield f"| `{node.target.id}` | `{_cell(kind)}` |"


def _member(owner: str, node: ast.FunctionDef) -> str:
    said = _one_paragraph(ast.get_docstring(node))
    if any(ast.unparse(one) in ("property", "cached_property") for one in node.decorator_list):
        return (
            f"#### {owner}.{node.name}\n\n`{ast.unparse(node.returns) if node.returns else 'Any'}`. {said}\n"
        )
    return f"#### {owner}.{node.name}\n\n{_block(f'{owner}.{node.name}', node)}\n\n{said}\n"


def _signed(name: str, function: Any) -> str:
    return _block(name, _tree(inspect.unwrap(function)))


def _tree(thing: Any) -> Any:
    return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]


def _block(name: str, node: ast.FunctionDef) -> str:
    """The call as the code writes it, in lines that fit."""
    taken = re.sub(r"^(self|cls)(, |$)", "", ast.unparse(node.args))
    line = f"{name}({taken})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")
    return "\n".join(["```python", *textwrap.wrap(line, WIDE, subsequent_indent="    "), "```"])


def _told(thing: Any) -> str:
    return _one_paragraph(inspect.getdoc(thing))


def _one_paragraph(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
