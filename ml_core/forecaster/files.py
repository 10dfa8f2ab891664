"""Saves a forecaster and loads it again: weights as safetensors, the rest as JSON, each with a checksum. No
pickle, so that loading a model runs no code."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from ml_core.errors import BrokenArtifact, StoreFailed
from ml_core.forecaster.component import Component
from ml_core.forecaster.description import ComponentFacts, Description, EnsembleDescription, describe, kind_of
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.members import Arrays, Member, below, restore_member
from ml_core.spec.file import explain
from ml_core.spec.run import Model, Weighted

WEIGHTS, DESCRIPTION, CHECKSUMS = "weights.safetensors", "forecaster.json", "checksums.json"


def save_forecaster(forecaster: Forecaster, folder: Path) -> None:
    """Write the three files into the folder."""
    arrays: dict[str, np.ndarray] = {}
    for place, component in enumerate(forecaster.components):
        prefix = _prefix(place, among=len(forecaster.components))
        for number, member in enumerate(component.members):
            arrays |= {f"{prefix}{number}.{name}": part for name, part in member.arrays().items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(arrays, folder / WEIGHTS)
        (folder / DESCRIPTION).write_text(describe(forecaster).model_dump_json(indent=1), encoding="utf-8")
        sums = {name: checksum(folder / name) for name in (WEIGHTS, DESCRIPTION)}
        (folder / CHECKSUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise StoreFailed(f"{folder}: a model cannot be written: {error}") from None


def load_forecaster(folder: Path) -> Forecaster:
    """The forecaster of that folder; a file that is missing, altered or misshapen is refused by name."""
    with _naming(folder / CHECKSUMS):
        sums = dict(json.loads((folder / CHECKSUMS).read_text(encoding="utf-8")))
    for name in (WEIGHTS, DESCRIPTION):
        with _naming(folder / name):
            if sums.get(name) != checksum(folder / name):
                raise ValueError("does not match its checksum")
    description = _read_description(folder / DESCRIPTION)
    with _naming(folder / WEIGHTS):
        components = _restore(description, load_file(folder / WEIGHTS))
    return Forecaster(components, description.tickers, description.calibration.restore())


def _read_description(file: Path) -> Description | EnsembleDescription:
    with _naming(file):
        content = file.read_bytes()
        kind = kind_of(content)
        with _naming(file, kind):
            return kind.model_validate_json(content)


@contextmanager
def _naming(file: Path, kind: type[Description] | type[EnsembleDescription] = Description) -> Iterator[None]:
    """Whatever is wrong with the file becomes one line that names it."""
    try:
        yield
    except ValidationError as error:
        raise BrokenArtifact(f"{file}: {explain(error, kind)}") from None
    except (OSError, ValueError, TypeError, KeyError, IndexError, RuntimeError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BrokenArtifact(f"{file}: {' '.join(str(reason).split())}") from None


def _restore(description: Description | EnsembleDescription, arrays: Arrays) -> tuple[Component, ...]:
    parts = zip(description.spec.components, description.learned, strict=True)
    return tuple(
        _component(weighted, learned, below(_prefix(place, among=len(description.learned)), arrays))
        for place, (weighted, learned) in enumerate(parts)
    )


def _component(weighted: Weighted, learned: ComponentFacts, arrays: Arrays) -> Component:
    return Component(
        spec=weighted.spec,
        features=learned.features,
        members=tuple(
            _member(weighted.spec.model, learned, arrays, number) for number in range(learned.members)
        ),
        regimes=learned.regimes,
        choice=learned.choice,
        weight=weighted.weight,
        size_H=np.asarray(learned.size),
    )


def _member(model: Model, learned: ComponentFacts, arrays: Arrays, number: int) -> Member:
    own = below(f"{number}.", arrays)
    if not own:
        raise ValueError(f"holds no member {number + 1} of {learned.members}")
    return restore_member(model, own, learned.facts[number] if learned.facts else {})


def _prefix(place: int, *, among: int) -> str:
    """Before the names of a component's arrays; none of one alone."""
    return f"{place}." if among > 1 else ""


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
