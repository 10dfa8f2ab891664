"""Saves a forecaster and loads it again: weights as safetensors, the rest as JSON, each with a checksum. No
pickle, so that loading a model runs no code."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ml_core.errors import BrokenArtifact
from ml_core.features.regimes import Regimes
from ml_core.features.selection import Choice
from ml_core.forecaster.calibration import Calibration
from ml_core.forecaster.forecaster import Forecaster
from ml_core.forecaster.members import Member, restore_member
from ml_core.spec.experiment import RunSpec, Section
from ml_core.spec.file import explain

WEIGHTS, DESCRIPTION, CHECKSUMS = "weights.safetensors", "forecaster.json", "checksums.json"
FORMAT = 2  # since a spec tells what is asked from how a model reads


class Description(Section):
    """What the JSON file holds."""

    format: int = FORMAT
    spec: RunSpec
    features: tuple[str, ...]
    choice: tuple[Choice, ...] = ()
    tickers: tuple[str, ...]
    members: int
    facts: tuple[dict[str, Any], ...] = ()
    trust: tuple[float, ...]
    width: tuple[float, ...]
    slopes: tuple[tuple[float, ...], ...]
    share: float
    until: dt.date
    level: float
    regimes: Regimes | None = None


def save_forecaster(forecaster: Forecaster, folder: Path) -> None:
    """Write the three files into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, torch.Tensor] = {}
    for number, member in enumerate(forecaster.members):
        tensors |= {f"{number}.{name}": tensor for name, tensor in member.arrays().items()}
    save_file(tensors, folder / WEIGHTS)
    calibration = forecaster.calibration
    description = Description(
        spec=forecaster.spec,
        features=forecaster.features,
        choice=forecaster.choice,
        tickers=forecaster.tickers,
        members=len(forecaster.members),
        facts=tuple(member.facts() for member in forecaster.members),
        trust=tuple(calibration.trust_H.tolist()),
        width=tuple(calibration.width_H.tolist()),
        slopes=tuple(map(tuple, calibration.slope_HJ.tolist())),
        share=calibration.share,
        until=calibration.until,
        level=calibration.level,
        regimes=forecaster.regimes,
    )
    (folder / DESCRIPTION).write_text(description.model_dump_json(indent=1), encoding="utf-8")
    sums = {name: checksum(folder / name) for name in (WEIGHTS, DESCRIPTION)}
    (folder / CHECKSUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")


def load_forecaster(folder: Path) -> Forecaster:
    """The forecaster of that folder; a file that is missing, altered or misshapen is refused by name."""
    with _naming(folder / CHECKSUMS):
        sums = dict(json.loads((folder / CHECKSUMS).read_text(encoding="utf-8")))
    for name in (WEIGHTS, DESCRIPTION):
        with _naming(folder / name):
            if sums.get(name) != checksum(folder / name):
                raise ValueError("does not match its checksum")
    with _naming(folder / DESCRIPTION):
        description = _describe((folder / DESCRIPTION).read_bytes())
    with _naming(folder / WEIGHTS):
        tensors = load_file(folder / WEIGHTS)
        members = tuple(_member(description, tensors, number) for number in range(description.members))
    return Forecaster(
        spec=description.spec,
        features=description.features,
        tickers=description.tickers,
        members=members,
        calibration=Calibration(
            np.asarray(description.trust),
            np.asarray(description.width),
            np.asarray(description.slopes),
            description.share,
            description.until,
            description.level,
        ),
        regimes=description.regimes,
        choice=description.choice,
    )


def _describe(content: bytes) -> Description:
    told = json.loads(content)
    known = told.get("format") if isinstance(told, dict) else FORMAT
    if known != FORMAT:
        raise ValueError(
            f"is of format {known}; expected {FORMAT}; search again to have a model in that format"
        )
    return Description.model_validate_json(content)


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Whatever is wrong with the file becomes one line that names it."""
    try:
        yield
    except ValidationError as error:
        raise BrokenArtifact(f"{file}: {explain(error, Description)}") from None
    except (OSError, ValueError, TypeError, KeyError, IndexError, RuntimeError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BrokenArtifact(f"{file}: {' '.join(str(reason).split())}") from None


def _member(description: Description, tensors: dict[str, torch.Tensor], number: int) -> Member:
    prefix = f"{number}."
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    if not own:
        raise ValueError(f"holds no member {number + 1} of {description.members}")
    facts = description.facts[number] if description.facts else {}
    return restore_member(description.spec.model, own, facts)


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
