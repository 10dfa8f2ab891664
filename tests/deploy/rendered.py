"""What `kubectl kustomize` made of the manifests when it was last asked: kept as digests, so that our own reading of
them is held to it where there is no kubectl. After a change of a manifest: `python -m tests.deploy.rendered`."""

import hashlib
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.composition import PROJECT

FOLDER = PROJECT / "deploy" / "kubernetes"
PLACES = ("overlays/cpu", "overlays/gpu", "search", "s3", "ingress")
KEPT = Path(__file__).with_name("rendered.json")


def digest(documents: Iterable[dict[str, Any]]) -> str:
    """Whatever the order of documents and keys."""
    told = sorted(json.dumps(one, sort_keys=True, default=str) for one in documents)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def ask_kubectl(place: str) -> list[dict[str, Any]]:
    command = ["kubectl", "kustomize", str(FOLDER / place)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return list(yaml.safe_load_all(text))


if __name__ == "__main__":
    found = {place: digest(ask_kubectl(place)) for place in PLACES}
    KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
