"""Finds what a search left: its ledger, and its runs in MLflow."""

from pathlib import Path

from ml_core.registry.tracking import connect
from ml_core.spec.experiment import Experiment
from tuning.naming import digest_of


def runs_of(home, experiment: Experiment) -> list:
    """What MLflow holds of the search."""
    client = connect(home)
    (found,) = client.search_experiments(filter_string=f"name = '{experiment.model_name}'")
    return client.search_runs([found.experiment_id], f"tags.search = '{name_of(home, experiment)}'")


def name_of(home, experiment: Experiment) -> str:
    (folder,) = [path for path in home.searches.iterdir() if f"-{digest_of(experiment)}-" in path.name]
    return folder.name


def ledger_of(home, experiment: Experiment) -> Path:
    pattern = f"*-{digest_of(experiment)}-*/ledger.jsonl"
    found = [*home.searches.glob(pattern)] if home.searches.is_dir() else []
    return found[0] if found else home.searches / "none"
