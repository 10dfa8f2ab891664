"""The documents that describe the tree name what is there: a newcomer who follows them arrives."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.flows.kinds import KINDS

HOUSE = Path(__file__).parents[2]
README, CONTRIBUTING, ARCHITECTURE = (
    (HOUSE / name).read_text(encoding="utf-8")
    for name in ("README.md", "CONTRIBUTING.md", "docs/architecture.md")
)
ROOTS = ("candorcast", "cli", "flows", "ml_core", "serving", "tuning")
CODE = [path for root in ROOTS for path in (HOUSE / root).rglob("*.py")]


def map_lines() -> list[str]:
    return README.split("## The map\n")[1].split("```")[1].strip("\n").splitlines()


def mapped() -> Iterator[str]:
    """The paths that the map names: a line's own stand before two spaces, and under the last folder further left."""
    folders: list[str] = []
    for line in map_lines():
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.split(r"\s{2,}", line.strip())[0].split()
        inside = "".join(folders[:depth])
        yield from (f"{inside}{name}" for name in names)
        folders[depth:] = [names[-1]]


def named_in_backticks(text: str) -> Iterator[str]:
    """What looks like a path: it has a slash, or the ending of a file."""
    without_blocks = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for name in re.findall(r"`([^`\n]+)`", without_blocks):
        if re.fullmatch(r"[\w.-]+(/[\w.-]*)+|[\w-]+\.(py|toml|yaml|md)", name):
            yield name


def test_all_that_the_map_names_is_there_and_it_fits_a_screen():
    assert [path for path in mapped() if not (HOUSE / path).exists()] == []
    assert len(map_lines()) <= 40


def rooms() -> set[str]:
    """The rooms of ml_core and the files that stand beside them."""
    return {
        path.relative_to(HOUSE).as_posix()
        for path in (HOUSE / "ml_core").iterdir()
        if path.name[0] not in "_." and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }


def test_the_table_of_rooms_names_every_flow_that_is_deployed():
    lacking = [kind for kind in KINDS if f"`flows/{kind}.py`" not in ARCHITECTURE]
    assert lacking == [], "the row of `flows` in docs/architecture.md"


def test_the_map_leaves_out_no_room():
    lacking = sorted(rooms() - {path.rstrip("/") for path in mapped()})
    assert lacking == [], "give it a place in the map of README.md"


def test_the_table_of_rooms_leaves_out_none():
    rows = re.findall(r"^\| (`.+?`) \|", ARCHITECTURE, flags=re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert sorted(rooms() - named) == [], "give it a row in the table of rooms in docs/architecture.md"


def test_all_that_the_architecture_names_is_there():
    named = list(named_in_backticks(ARCHITECTURE))
    assert len(named) > 40
    assert [name for name in named if not (HOUSE / name).exists()] == []


def test_the_architecture_shows_the_layers_that_the_contracts_hold():
    contracts = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = [
        sorted(name.strip().removeprefix("ml_core.") for name in layer.split("|"))
        for contract in contracts["contracts"]
        if contract["type"] == "layers"
        for layer in contract["layers"]
        if layer != "ml_core"
    ]
    drawn = ARCHITECTURE.split("## Rooms\n")[1].split("```")[1]
    assert [sorted(name.strip() for name in layer.split("|")) for layer in drawn.split("→")] == layers


def test_the_legend_knows_every_axis_that_a_name_carries():
    legend = set(re.findall(r"^\| ([A-Z]) \|", CONTRIBUTING, flags=re.MULTILINE))
    used = {
        axis
        for path in CODE
        for axes in re.findall(r"\b[a-z]\w*_([A-Z1]{1,5})\b", path.read_text(encoding="utf-8"))
        for axis in axes
    } - {"1"}
    assert used == legend
