"""Remembers what a panel was read for, so that one that was read for many features serves a fit that asks for fewer."""

from __future__ import annotations

from dataclasses import dataclass

from ml_core.spec.experiment import Features


@dataclass(frozen=True)
class PanelOrigin:
    """What a panel was read for: the features asked of it, the columns of its prices, what those could not give."""

    features: Features
    columns: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def serves(self, asked: Features) -> bool:
        """Whether it was read for these very features. How many of them a fit chooses, and how it scales them, changes
        no panel."""
        return (self.features.groups, self.features.names) == (asked.groups, asked.names)
