"""Nothing is planted: whoever finds something has fooled himself."""

import numpy as np

from ml_core.data.simulation.signals import Array, Seen

ACTS_ON = "nothing"


def observe(seen: Seen) -> Array:
    return np.zeros_like(seen.innovation_N)
