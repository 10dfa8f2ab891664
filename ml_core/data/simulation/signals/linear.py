"""Linear in a feature: the part of the night's gap, per unit of volatility, that the day does not explain."""

from ml_core.data.simulation.signals import Array, Seen

ACTS_ON = "mean"


def observe(seen: Seen) -> Array:
    return seen.gap_N
