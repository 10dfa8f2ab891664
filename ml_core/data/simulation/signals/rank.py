"""Cross-sectional rank: the place of the ticker's unusual volume among all tickers', from -1.7 to 1.7. It is its place
in their distribution, so that the universe that is asked for changes no bar."""

import numpy as np
from scipy.special import ndtr

from ml_core.data.simulation.signals import SeenAtClose, Signal
from ml_core.frames import Array


def observe(seen: SeenAtClose) -> Array:
    return np.sqrt(12) * (ndtr(seen.volume_N) - 0.5)


SIGNAL = Signal(observe, acts_on="mean")
