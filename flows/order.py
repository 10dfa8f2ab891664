"""Reads the text parameters of a Prefect deployment into what its run is about. Every flow begins with it."""

from dataclasses import dataclass
from pathlib import Path

from ml_core.data.order import Order, place_order
from ml_core.home.settings import Settings, open_home
from ml_core.spec.file import read_experiment


@dataclass(frozen=True)
class FlowOrder(Order):
    """With the Ray cluster to search on, if one is named."""

    cluster: str | None = None

    def artifact(self, verb: str) -> str:
        """The key of this verb's artifact: Prefect admits lower-case letters, digits and dashes."""
        text = self.lock_name(verb).lower()
        return "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in text)


def open_order(experiment: str, overrides: list[str] | None, home: str | None) -> FlowOrder:
    """The order of a run: the home named by the parameter, else by the environment."""
    settings = Settings()
    root = Path(home) if home else settings.home
    read = read_experiment(experiment, tuple(overrides or ()))
    order = place_order(read, open_home(root, settings.tracking_uri, settings.tables))
    return FlowOrder(order.experiment, order.store, settings.ray_address)
