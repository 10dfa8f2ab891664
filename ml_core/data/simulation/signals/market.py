"""The market's own move goes on: what all tickers had in common today moves each of them tomorrow, and all alike. It
tells where prices go, and which goes better than which only as far as some swing wider than others."""

import numpy as np

from ml_core.data.simulation.signals import SeenAtClose, Signal
from ml_core.frames import Array


def observe(seen: SeenAtClose) -> Array:
    return np.full_like(seen.gap_N, seen.market)


SIGNAL = Signal(observe, acts_on="mean")
