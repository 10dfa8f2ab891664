"""Only in volatility: unusual volume foretells how far the ticker moves next, and nothing of the direction."""

from ml_core.data.simulation.signals import Array, Seen

ACTS_ON = "size"


def observe(seen: Seen) -> Array:
    return seen.volume_N
