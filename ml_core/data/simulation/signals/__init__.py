"""One file per kind of planted signal, found by its name: `observe(seen)` is what a close tells, of unit variance.

`ACTS_ON` says what it moves: the "mean" of the next shock, its "size", or "nothing". A kind whose observations last
says with `persistence(memory)` how much of one is left a session later; those of the others are new every session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ml_core.data.simulation.config import SIGNALS, Config
from ml_core.spec import choices

Array = NDArray[np.float64]
ActsOn = Literal["mean", "size", "nothing"]


@dataclass(frozen=True)
class Seen:
    """What is known of every ticker at a close: the new part of its own shock, its bar's gap and volume as standard
    normals, whether the market is turbulent, what was observed the session before, and the share of it that lasts."""

    innovation_N: Array
    gap_N: Array
    volume_N: Array
    turbulent: bool
    before_N: Array
    lasts: float


@dataclass(frozen=True)
class Kind:
    """A kind made ready for one market."""

    observe: Callable[[Seen], Array]
    acts_on: ActsOn
    lasts: float


def load_kind(config: Config) -> Kind:
    """The kind that this market plants."""
    module = choices.load(SIGNALS, config.signal)
    lasts = module.persistence(config.memory) if hasattr(module, "persistence") else 0.0
    return Kind(module.observe, module.ACTS_ON, lasts)
