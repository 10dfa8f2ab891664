"""What a planted signal is. One file per kind, found by its name; the file says `SIGNAL = Signal(…)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ml_core.data.simulation.config import SIGNALS, ActsOn, Config
from ml_core.frames import Array
from ml_core.spec import choices


@dataclass(frozen=True)
class SeenAtClose:
    """What is known of every ticker at a close: the new part of its own shock, its bar's gap and volume as standard
    normals, the market's part of every return and whether it is turbulent, what was observed the session before, and
    the share of it that lasts."""

    innovation_N: Array
    gap_N: Array
    volume_N: Array
    market: float
    turbulent: bool
    before_N: Array
    lasts: float


@dataclass(frozen=True)
class Signal:
    """What a file of this folder declares: `observe` is what a close tells, of unit variance, and `acts_on` what it
    moves. A kind whose observations last says with `persistence` how much of one is left a session later, given the
    market's `memory`; those of the others are new every session."""

    observe: Callable[[SeenAtClose], Array]
    acts_on: ActsOn
    persistence: Callable[[float], float] = lambda _: 0.0


@dataclass(frozen=True)
class Planted:
    """A signal made ready for one market."""

    observe: Callable[[SeenAtClose], Array]
    acts_on: ActsOn
    lasts: float


def load_signal(name: str) -> Signal:
    """The signal of that name; an unknown name is answered with the nearest known one."""
    return choices.declared(SIGNALS, name, Signal)


def plant(config: Config) -> Planted:
    """The signal that this market plants."""
    signal = load_signal(config.signal)
    return Planted(signal.observe, signal.acts_on, signal.persistence(config.memory))
