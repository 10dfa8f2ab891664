"""Linear in a feature: the part of the night's gap, per unit of volatility, that the day does not explain."""

from ml_core.data.simulation.signals import SeenAtClose, Signal
from ml_core.frames import Array


def observe(seen: SeenAtClose) -> Array:
    return seen.gap_N


SIGNAL = Signal(observe, acts_on="mean")
