"""Only in volatility: unusual volume foretells how far the ticker moves next, and nothing of the direction."""

from ml_core.data.simulation.signals import SeenAtClose, Signal
from ml_core.frames import Array


def observe(seen: SeenAtClose) -> Array:
    return seen.volume_N


SIGNAL = Signal(observe, acts_on="size")
