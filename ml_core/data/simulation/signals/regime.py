"""Regime-dependent: the gap goes on while the market is calm and is taken back while it is turbulent. Who knows no
regimes finds what calm days are ahead of turbulent ones: 60 %."""

from ml_core.data.simulation.signals import SeenAtClose, Signal
from ml_core.frames import Array


def observe(seen: SeenAtClose) -> Array:
    return -seen.gap_N if seen.turbulent else seen.gap_N


SIGNAL = Signal(observe, acts_on="mean")
