"""Fits a registered version again from its own recipe and data version, and compares the files byte by byte. That
proves that what is served can be made again."""

from __future__ import annotations

import contextlib
import json
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

from ml_core.data.prices import read_prices
from ml_core.errors import InvalidInput
from ml_core.forecaster.files import DESCRIPTION, WEIGHTS, checksum, save_forecaster
from ml_core.home.settings import Home
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.registry.recipe import Recipe
from ml_core.registry.version import ModelVersion, search_again
from ml_core.spec.experiment import Experiment
from ml_core.spec.named import find_packages
from ml_core.walkforward.opening import open_windows

PACKAGES = (
    "candorcast", "torch", "numpy", "polars", "scikit-learn", "statsmodels", "arch", "xgboost-cpu",
)  # fmt: skip


@dataclass(frozen=True)
class Rebuilt:
    """Which files came out otherwise, and what it was made with then and now. `since`: what a description says that an
    earlier release did not keep; all that it did keep is the same."""

    differing: tuple[str, ...]
    checksums: Mapping[str, str]
    then: Mapping[str, str]
    now: Mapping[str, str]
    since: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return not self.differing


def write_recipe(experiment: Experiment, split: Split) -> Recipe:
    return Recipe(experiment=experiment, split=split, made_with=describe_machine(experiment))


def describe_machine(experiment: Experiment) -> dict[str, str]:
    """What besides data, spec and seed the bits of a fit may depend on, the plug-ins that the experiment names too."""
    import torch  # slow to import, and who only judges or seats a version does without

    packages = {}
    for name in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):  # an extra
            packages[name] = installed(name)
    return (
        packages
        | find_packages(experiment)
        | {
            "python": platform.python_version(),
            "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        }
    )


def rebuild(registered: ModelVersion, home: Home) -> Rebuilt:
    """Fit the version again on the data that it saw, and compare weights and description with what is registered."""
    from ml_core.training.fit import fit  # loads torch, and most who come here fit nothing

    recipe, windows = reopen(registered, home)
    again = fit(registered.spec, windows, recipe.split)
    with tempfile.TemporaryDirectory() as folder:
        save_forecaster(again, Path(folder))
        sums = {name: checksum(Path(folder) / name) for name in (WEIGHTS, DESCRIPTION)}
        since = _said_since(registered.folder / DESCRIPTION, Path(folder) / DESCRIPTION)
    differing = tuple(
        name
        for name, own in sums.items()
        if own != checksum(registered.folder / name) and not (since and name == DESCRIPTION)
    )
    return Rebuilt(differing, sums, recipe.made_with, describe_machine(recipe.experiment), since)


def _said_since(then: Path, now: Path) -> tuple[str, ...]:
    """The parts of a description that an earlier release did not write; none where another part differs."""
    before, after = (json.loads(path.read_text(encoding="utf-8")) for path in (then, now))
    since = tuple(name for name in after if name not in before)
    return since if {name: after[name] for name in after if name in before} == before else ()


def read_recipe(registered: ModelVersion) -> Recipe:
    """How a version was made."""
    recipe = registered.evidence.recipe
    if isinstance(recipe, Recipe):
        return recipe
    kept = "keeps no recipe" if recipe is None else "keeps the recipe of an earlier candorcast"
    again = search_again(registered.name)
    raise InvalidInput(
        f"{registered.name} version {registered.version} {kept}, so it cannot be made again; {again}"
    )


def reopen(registered: ModelVersion, home: Home) -> tuple[Recipe, Windows]:
    """The recipe of a version, and the windows that it reads, from the data version that it saw."""
    spec, recipe = registered.spec, read_recipe(registered)
    prices = read_prices(recipe.experiment, home, version=registered.evidence.data_version)
    return recipe, open_windows(spec, prices)[0]
