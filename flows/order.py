"""Reads the text parameters of a Prefect deployment into an experiment and its home. Every flow begins with it."""

from dataclasses import dataclass
from pathlib import Path

from ml_core.home.settings import Home, Settings, open_home
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import read_experiment


@dataclass(frozen=True)
class Order:
    """One experiment, the folder that holds its state, and the Ray cluster to search on, if one is named."""

    experiment: Experiment
    home: Home
    cluster: str | None = None

    def lock(self, verb: str) -> str:
        """The name under which two runs of this verb exclude each other."""
        return f"{verb}-{self.experiment.model_name}"

    def artifact(self, verb: str) -> str:
        """The key of this verb's artifact: Prefect admits lower-case letters, digits and dashes."""
        text = f"{verb}-{self.experiment.model_name}".lower()
        return "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in text)


def open_order(experiment: str, overrides: list[str] | None, home: str | None) -> Order:
    """The order of a run: the home named by the parameter, else by the environment."""
    settings = Settings()
    root = Path(home) if home else settings.home
    return Order(
        read_experiment(experiment, tuple(overrides or ())),
        open_home(root, settings.tracking_uri),
        settings.ray_address,
    )
