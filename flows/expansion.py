"""Fills in `prefect.yaml`, which says each deployment once, for every experiment of a stack."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from ml_core.spec.shipped import find_shipped

TEMPLATE = find_shipped("prefect.yaml")
VARIABLE = re.compile(r"\{\{ \$(\w+) \}\}")


def expand(experiments: Sequence[Mapping[str, str]], overrides: Sequence[str] = ()) -> str:
    """The file with every deployment of every experiment, whose variables are given, and with these `--set`; what else
    it asks of the environment Prefect reads there."""
    said = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    deployments = [
        _fill(deployment, variables) for variables in experiments for deployment in said["deployments"]
    ]
    for deployment in deployments:
        deployment["parameters"]["overrides"] = list(overrides)
    kept = {key: said[key] for key in ("name", "pull")}
    return yaml.safe_dump(kept | {"deployments": deployments}, sort_keys=False)


def _fill(part: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: _fill(value, variables) for key, value in part.items()}
    if isinstance(part, list):
        return [_fill(value, variables) for value in part]
    if isinstance(part, str):
        return VARIABLE.sub(lambda match: variables.get(match[1], match[0]), part)
    return part
