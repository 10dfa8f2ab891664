"""No signal: prices move by chance alone, so whatever a model claims to find there is false."""

import numpy as np

from ml_core.data.simulation.signals import SeenAtClose, Signal
from ml_core.frames import Array


def observe(seen: SeenAtClose) -> Array:
    return np.zeros_like(seen.innovation_N)


SIGNAL = Signal(observe, acts_on="nothing")
