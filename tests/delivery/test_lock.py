"""`requirements.lock` names every package that an installation has, on Linux and macOS, with the hashes that pip holds
it to; its versions are those that the suite runs with, and it names no place that packages come from."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.delivery.conftest import HOUSE

LOCK = (HOUSE / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = {
    canonicalize_name(name.partition("[")[0]): told
    for name, told in (
        line.split("==") for line in (HOUSE / "constraints.txt").read_text(encoding="utf-8").splitlines()
    )
}
MACHINES = [
    {
        "sys_platform": system,
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.9",
    }
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))
    for python in ("3.11", "3.12", "3.13")
]


def locked() -> Iterator[tuple[Requirement, list[str]]]:
    """Each entry, and its hashes."""
    for entry in re.split(r"\n(?=\S)", LOCK):
        if not entry.startswith("#"):
            first, *hashes = entry.replace("\\\n", "\n").split("--hash=")
            yield Requirement(first.strip()), [one.strip() for one in hashes]


ENTRIES = list(locked())


def asked() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    return [
        Requirement(line) for line in [*PROJECT["dependencies"], *(one for extra in extras for one in extra)]
    ]


def on(requirement: Requirement, machine: dict[str, str]) -> bool:
    marker: Marker | None = requirement.marker
    return marker is None or marker.evaluate(machine)


def test_every_entry_is_one_version_with_hashes():
    assert len(ENTRIES) > 200
    for requirement, hashes in ENTRIES:
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


def test_no_place_that_packages_come_from_is_named():
    assert not re.search(r"://|--(extra-)?index|--find-links|(?m:^-)", LOCK)
    assert all(requirement.url is None for requirement, _ in ENTRIES)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda one: "-".join(list(one.values())[:3]))
def test_every_dependency_and_every_extra_is_in_it_once_on_each_machine(machine):
    there = [canonicalize_name(one.name) for one, _ in ENTRIES if on(one, machine)]
    assert len(there) == len(set(there))
    versions = {canonicalize_name(one.name): str(one.specifier)[2:] for one, _ in ENTRIES if on(one, machine)}
    for requirement in asked():
        if on(requirement, machine):
            assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


def test_its_versions_are_those_that_are_pinned():
    different = {
        one.name: (str(one.specifier), PINNED[name])
        for one, _ in ENTRIES
        if (name := canonicalize_name(one.name)) in PINNED and str(one.specifier) != f"=={PINNED[name]}"
    }
    assert different == {}, "run: make lock"


def test_what_is_installed_here_is_pinned_and_so_locked_as_it_is_tested():
    for one, _ in ENTRIES:
        try:
            installed = version(one.name)
        except PackageNotFoundError:  # what only another machine has
            continue
        assert canonicalize_name(one.name) in PINNED, one
        assert str(one.specifier) == f"=={installed.partition('+')[0]}"
