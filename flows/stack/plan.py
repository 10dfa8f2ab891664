"""What `up` was asked for: which experiments, under which home, on which ports, beside whose services."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """Where each service listens, on loopback; the command line's flag stands beside each."""

    prefect: int = field(default=4200, metadata={"flag": "--prefect-port"})
    mlflow: int = field(default=5001, metadata={"flag": "--mlflow-port"})
    app: int = field(default=8000, metadata={"flag": "--port"})


@dataclass(frozen=True)
class StackPlan:
    """What `up` was asked for. The experiments are as they were read then, by how a process in another folder finds
    their files."""

    experiments: Mapping[str, Experiment]
    home: Home
    overrides: tuple[str, ...] = ()
    ports: Ports = Ports()

    @property
    def mark(self) -> str:
        """What every process of this home's stack carries in its environment."""
        return str(self.home.services)

    @property
    def given_prefect(self) -> str | None:
        """A Prefect server that is run by someone else."""
        return os.environ.get("PREFECT_API_URL")

    @property
    def given_mlflow(self) -> str | None:
        """An MLflow server that is run by someone else."""
        uri = self.home.tracking_uri
        return uri if urlsplit(uri).scheme in ("http", "https") else None

    @property
    def given(self) -> dict[str, str]:
        """Where those services are that we do not run."""
        places = {"prefect": self.given_prefect, "mlflow": self.given_mlflow}
        return {name: place for name, place in places.items() if place}

    @property
    def api(self) -> str:
        return (self.given_prefect or f"http://{LOOPBACK}:{self.ports.prefect}/api").rstrip("/")
