"""One name for one thing, and one thing for one name: who reads `Origin` in one room and then in another has one idea
of it. Names that begin with `_` are their file's own."""

import ast
from collections import defaultdict

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


def classes_of(module: str) -> list[str]:
    """The public classes that a module defines; nothing is imported."""
    path = HOUSE / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return [node.name for node in found if isinstance(node, ast.ClassDef) and node.name[0] != "_"]


def test_no_two_modules_give_one_class_name_to_two_things():
    places = defaultdict(list)
    for module in ALL:
        for name in classes_of(module):
            if not module.startswith(OF_A_KIND.get(name, ("nowhere",))):
                places[name].append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
