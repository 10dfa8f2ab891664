"""Linear in a feature: the part of the night's gap, per unit of volatility, that the day does not explain."""

from ml_core.data.simulation.signals import Array, Seen, Signal


def observe(seen: Seen) -> Array:
    return seen.gap_N


SIGNAL = Signal(observe, acts_on="mean")
