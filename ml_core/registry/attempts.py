"""Makes one version of one registration, however often it was attempted: an answer that was lost, or came too late, may
stand for a version of which nobody knows."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

ATTEMPT, DONE = "attempt", "registered"


def name_attempt(folder: Path, role: str) -> str:
    """The same weights in the same part are registered in the same attempt, until it has succeeded."""
    digest = hashlib.sha256(role.encode())
    for file in sorted(folder.iterdir()):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:32]


def finish(client: MlflowClient, experiment: str, name: str, attempt: str) -> str:
    """The newest version of that attempt stands from now on; those that nobody heard of go."""
    runs = client.search_runs([experiment], f"tags.{ATTEMPT} = '{attempt}'")
    versions = [one for run in runs for one in client.search_model_versions(f"run_id='{run.info.run_id}'")]
    *unheard, newest = sorted(
        int(one.version) for one in versions if one.name == name and DONE not in one.tags
    )
    for number in unheard:
        if not client.get_model_version(name, str(number)).aliases:
            client.delete_model_version(name, str(number))
    client.set_model_version_tag(name, str(newest), DONE, "yes")
    return str(newest)
