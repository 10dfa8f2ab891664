"""Momentum over `memory` sessions: an exponential average of the ticker's own past innovations, f' = phi·f +
sqrt(1 - phi²)·e with phi = 1 - 1 / memory. It is hidden: prices show it mixed with what market and sector did."""

import numpy as np

from ml_core.data.simulation.signals import SeenAtClose, Signal
from ml_core.frames import Array


def persistence(memory: float) -> float:
    return 1 - 1 / memory


def observe(seen: SeenAtClose) -> Array:
    return seen.lasts * seen.before_N + np.sqrt(1 - seen.lasts**2) * seen.innovation_N


SIGNAL = Signal(observe, acts_on="mean", persistence=persistence)
