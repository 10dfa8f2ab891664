"""The example package, installed by pip into a folder of its own, as somebody else's would be."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml_core.spec.outside import PluginKind, find_outside, forget

HOUSE = Path(__file__).parents[2]
KINDS: tuple[PluginKind, ...] = ("provider", "model", "network", "feature", "strategy", "metric")


def install(package: Path, target: Path) -> None:
    """By pip, without a network: what builds it stands beside torch."""
    options = ("--quiet", "--no-index", "--no-build-isolation", "--no-deps", "--target", str(target))
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(package)], check=True)


@pytest.fixture(scope="session")
def plugin(tmp_path_factory) -> Path:
    """The folder into which the example is installed."""
    place = tmp_path_factory.mktemp("plugin")
    shutil.copytree(HOUSE / "examples" / "plugin", place / "source")
    install(place / "source", place / "installed")
    return place / "installed"


@pytest.fixture(scope="session")
def run_beside(plugin, tmp_path_factory) -> Callable[..., subprocess.CompletedProcess]:
    """Runs Python in a process that finds the installed package as it would find any other."""
    folder = tmp_path_factory.mktemp("elsewhere")

    def run(*arguments: str, beside: Path = plugin) -> subprocess.CompletedProcess:
        paths = os.pathsep.join((str(beside), str(HOUSE)))
        environment = {**os.environ, "PYTHONPATH": paths}
        return subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, cwd=folder, env=environment
        )

    return run


@pytest.fixture
def forgotten() -> Iterator[None]:
    """What a test registers is gone after it."""
    yield
    for kind in KINDS:
        for name in [*find_outside(kind)]:
            forget(kind, name)
