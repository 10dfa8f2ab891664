"""A forecaster as files and back: weights as safetensors, the rest as JSON, each with a checksum. No pickle."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ml_core.errors import BrokenArtifact
from ml_core.experiment import RunSpec, Section
from ml_core.features.scaling import Scaler
from ml_core.forecaster import Calibration, Forecaster, Member
from ml_core.models.head import ForecastNetwork

WEIGHTS, DESCRIPTION, CHECKSUMS = "weights.safetensors", "forecaster.json", "checksums.json"


class Description(Section):
    """What the JSON file holds."""

    format: int = 1
    spec: RunSpec
    features: tuple[str, ...]
    tickers: tuple[str, ...]
    members: int
    trust: tuple[float, ...]
    width: tuple[float, ...]
    level: float


def save_forecaster(forecaster: Forecaster, folder: Path) -> None:
    """Write the three files into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, torch.Tensor] = {}
    for number, member in enumerate(forecaster.members):
        for name, tensor in member.network.state_dict().items():
            tensors[f"{number}.network.{name}"] = tensor.detach().cpu().contiguous()
        tensors[f"{number}.scaler.mean"] = torch.from_numpy(member.scaler.mean_F.copy())
        tensors[f"{number}.scaler.deviation"] = torch.from_numpy(member.scaler.deviation_F.copy())
    save_file(tensors, folder / WEIGHTS)
    calibration = forecaster.calibration
    description = Description(
        spec=forecaster.spec,
        features=forecaster.features,
        tickers=forecaster.tickers,
        members=len(forecaster.members),
        trust=tuple(calibration.trust_H.tolist()),
        width=tuple(calibration.width_H.tolist()),
        level=calibration.level,
    )
    (folder / DESCRIPTION).write_text(description.model_dump_json(indent=1), encoding="utf-8")
    sums = {name: _checksum(folder / name) for name in (WEIGHTS, DESCRIPTION)}
    (folder / CHECKSUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")


def load_forecaster(folder: Path) -> Forecaster:
    """The forecaster of that folder; files that are missing, altered or misshapen are refused by name."""
    try:
        sums = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
        for name in (WEIGHTS, DESCRIPTION):
            if sums.get(name) != _checksum(folder / name):
                raise BrokenArtifact(f"{folder / name}: does not match its checksum")
        description = Description.model_validate_json((folder / DESCRIPTION).read_bytes())
        tensors = load_file(folder / WEIGHTS)
        members = tuple(_member(description, tensors, number) for number in range(description.members))
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, ValidationError) as error:
        raise BrokenArtifact(f"{folder}: cannot be loaded: {str(error).splitlines()[0]}") from None
    return Forecaster(
        spec=description.spec,
        features=description.features,
        tickers=description.tickers,
        members=members,
        calibration=Calibration(
            np.asarray(description.trust), np.asarray(description.width), description.level
        ),
    )


def _member(description: Description, tensors: dict[str, torch.Tensor], number: int) -> Member:
    prefix = f"{number}.network."
    mean_F = tensors[f"{number}.scaler.mean"].numpy()
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    network = ForecastNetwork(description.spec.model, inputs=len(mean_F), outputs=own["mean.bias"].shape[0])
    network.load_state_dict(own)
    return Member(network.eval(), Scaler(mean_F, tensors[f"{number}.scaler.deviation"].numpy()))


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
