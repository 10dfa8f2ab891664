"""One name for one thing, and one thing for one name: who reads `Origin` in one room and then in another has one idea
of it. Names that begin with `_` are their file's own."""

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.contracts.test_layers import ALL, HOUSE

OF_A_KIND = {  # a folder of files of one kind, each of which declares the same by contract
    "Config": (
        "ml_core.baselines.",
        "ml_core.data.providers.",
        "ml_core.data.simulation.",
        "ml_core.models.families.",
    ),
    "Network": ("ml_core.models.families.",),
}


DOORS = ("cli.options", "flows.parameters")  # each says how it asks for the same things


def named_in(module: str) -> Iterator[str]:
    """The public classes and types that a module defines; nothing is imported."""
    path = HOUSE / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(file.read_text(encoding="utf-8"))
    classes = (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    types = (name for node in tree.body for name in _types(node))
    yield from (name for name in (*classes, *types) if name[0] != "_")


def _types(node: ast.stmt) -> list[str]:
    """An alias begins with a capital and goes on in small letters; a type variable stands for any."""
    if isinstance(node, ast.Assign) and not (
        isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "TypeVar"
    ):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        names = [node.target.id]
    else:
        names = []
    return [name for name in names if name[0].isupper() and not name.isupper()]


def test_no_two_modules_give_one_name_of_a_class_or_a_type_to_two_things():
    places = defaultdict(list)
    for module in ALL:
        for name in named_in(module):
            if module not in DOORS and not module.startswith(OF_A_KIND.get(name, ("nowhere",))):
                places[name].append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
