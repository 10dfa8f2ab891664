"""What documents name is there: modules, functions, files, the pages they link to, and all that a page lists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml_core.baselines import BASELINES
from ml_core.claims.kinds import KINDS
from ml_core.features.table import known_features
from ml_core.models.family import FAMILIES
from ml_core.spec import choices

HOUSE = Path(__file__).parents[2]
ROOTS = (
    "benchmarks",
    "candorcast",
    "cli",
    "deploy",
    "docs",
    "experiments",
    "flows",
    "ml_core",
    "serving",
    "tests",
    "tuning",
)
PAGES = [HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", *sorted((HOUSE / "docs").rglob("*.md"))]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(HOUSE).as_posix())


def dotted_names(text: str) -> Iterator[str]:
    """`ml_core.data.prices`, and a function or class of it."""
    code = "cli|flows|ml_core|serving|tuning|tests"
    yield from re.findall(rf"`((?:{code})(?:\.[A-Za-z_]\w*)+)`", text)


def paths(text: str) -> Iterator[str]:
    """What begins with a folder of the house, in backticks or after a command."""
    yield from re.findall(rf"(?<![\w./-])((?:{'|'.join(ROOTS)})/[\w./-]*[\w/])", text)


def is_there(name: str) -> bool:
    """A module, a package, or something that a module defines at its top."""
    for whole in (name, name.rpartition(".")[0]):
        place = HOUSE / whole.replace(".", "/")
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file.is_file():
            return whole == name or name.rpartition(".")[2] in defined_in(file)
    return False


def defined_in(file: Path) -> set[str]:
    found = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


@every_page
def test_every_module_and_function_that_it_names_is_there(page):
    named = dotted_names(page.read_text(encoding="utf-8"))
    assert [name for name in named if not is_there(name)] == []


@every_page
def test_every_file_and_folder_that_it_names_is_there(page):
    named = paths(re.sub(r"https?://\S+", "", page.read_text(encoding="utf-8")))
    assert [name for name in named if not ((HOUSE / name).exists() or (page.parent / name).exists())] == []


@every_page
def test_every_page_that_it_links_to_is_there(page):
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize(
    ("page", "folder"), [("families", FAMILIES), ("baselines", BASELINES), ("evidence", KINDS)]
)
def test_a_page_that_lists_a_folder_lists_all_of_it(page, folder):
    text = (HOUSE / "docs" / f"{page}.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
    lacking = [name for name in choices.names(folder) if name not in listed]
    assert lacking == [], f"docs/{page}.md has no row for {lacking}; begin one with | `name` |"


def test_there_are_as_many_features_as_the_readme_says():
    (told,) = re.findall(r"over (\d+) past-only \[features\]", PAGES[0].read_text(encoding="utf-8"))
    assert len(known_features()) > int(told)


def test_a_name_that_is_not_there_is_found_out():
    assert is_there("ml_core.data.prices.read_prices")
    assert is_there("ml_core.data")
    assert not is_there("ml_core.data.prices.read_nothing")
    assert not is_there("ml_core.data.nowhere")
    assert list(dotted_names("see `ml_core.data.prices` and ml_core")) == ["ml_core.data.prices"]
    assert list(paths("in `ml_core/data/` by python benchmarks/peer.py.")) == [
        "ml_core/data/",
        "benchmarks/peer.py",
    ]
