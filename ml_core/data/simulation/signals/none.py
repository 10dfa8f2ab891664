"""Nothing is planted: whoever finds something has fooled himself."""

import numpy as np

from ml_core.data.simulation.signals import Array, Seen, Signal


def observe(seen: Seen) -> Array:
    return np.zeros_like(seen.innovation_N)


SIGNAL = Signal(observe, acts_on="nothing")
