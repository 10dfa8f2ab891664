"""The contracts of imports leave nothing out: a module that stands in none would be kept whatever it imports."""

import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
LINTER = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
ROOTS, CONTRACTS = LINTER["root_packages"], LINTER["contracts"]
ONLY = [one for one in CONTRACTS if re.match(r"Only .+ knows? .+", one["name"])]


def modules_of(package: str) -> Iterator[str]:
    """A package and all that lies in it, found on disk; nothing is imported."""
    yield package
    for module in pkgutil.iter_modules([str(HOUSE / package.replace(".", "/"))]):
        inner = f"{package}.{module.name}"
        yield from modules_of(inner) if module.ispkg else (inner,)


ALL = [module for root in ROOTS for module in modules_of(root)]


def within(module: str, packages: list[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def layers_of(contract: dict) -> list[str]:
    """Every package that a contract of layers names, in full."""
    prefix = "".join(f"{container}." for container in contract.get("containers", ()))
    return [f"{prefix}{name.strip(' ()')}" for layer in contract["layers"] for name in layer.split("|")]


def owners_of(contract: dict) -> list[str]:
    """The packages that `Only … know …` names in its title: a root, or a room of ml_core."""
    title = re.match(r"Only (.+) knows? .+", contract["name"])
    assert title
    return [name if name in ROOTS else f"ml_core.{name}" for name in title[1].split(" and ")]


def test_every_package_of_the_house_is_looked_at():
    found = {path.parent.name for path in HOUSE.glob("*/__init__.py")} - {"tests"}
    assert set(ROOTS) == found


def test_every_module_of_ml_core_stands_in_exactly_one_layer():
    (rooms,) = [one for one in CONTRACTS if one.get("containers") == ["ml_core"]]
    named = layers_of(rooms)
    inside = [module for module in ALL if module.startswith("ml_core.")]
    wrong = {
        module: times for module in inside if (times := sum(within(module, [name]) for name in named)) != 1
    }
    assert wrong == {}, "a room stands once among the layers of ml_core in pyproject.toml"
    assert [name for name in named if name not in inside] == []


def test_every_package_stands_in_exactly_one_layer_of_the_house():
    (house,) = [one for one in CONTRACTS if one["type"] == "layers" and "containers" not in one]
    assert sorted(layers_of(house)) == sorted(ROOTS)


def test_there_is_a_contract_for_each_library_that_one_room_alone_may_know():
    known = {name for one in ONLY for name in one.get("forbidden_modules", one.get("protected_modules"))}
    assert {"ray", "prefect", "fastapi", "gradio", "mlflow"} <= known


@pytest.mark.parametrize("contract", ONLY, ids=lambda one: one["name"])
def test_what_only_one_room_may_know_is_forbidden_to_every_other_module(contract):
    owners = owners_of(contract)
    assert set(owners) <= set(ALL)
    if contract["type"] == "protected":  # forbidden to all but those it allows
        assert sorted(contract["allowed_importers"]) == sorted(owners)
    else:
        missed = [
            one for one in ALL if not within(one, contract["source_modules"]) and not within(one, owners)
        ]
        assert missed == []


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda one: one["name"])
def test_no_contract_has_exceptions(contract):
    assert not {"ignore_imports", "exhaustive_ignores"} & set(contract)
