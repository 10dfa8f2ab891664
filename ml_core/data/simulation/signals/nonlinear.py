"""Nonlinear interaction: the gap times the unusual volume. A gap on high volume goes on, one on low volume is taken
back; neither alone, nor any sum of functions of the two, tells anything."""

from ml_core.data.simulation.signals import SeenAtClose, Signal
from ml_core.frames import Array


def observe(seen: SeenAtClose) -> Array:
    return seen.gap_N * seen.volume_N


SIGNAL = Signal(observe, acts_on="mean")
