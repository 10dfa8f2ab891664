"""Holds what one spec has learned, and says how the answers of several become one.

Weights mean something only among means of the same size: those of a network reach other than those of ridge, whatever
they are worth. So each is first made to reach as far as all do on average, on the validation dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from ml_core.features.regimes import Regimes
from ml_core.features.selection import Choice
from ml_core.forecaster.members import Member, View
from ml_core.panel.regimes import with_regimes
from ml_core.panel.windows import Windows
from ml_core.spec.run import RunSpec

MeanAndScale: TypeAlias = tuple[np.ndarray, np.ndarray]  # mean_NTH and scale_NTH in units of volatility


@dataclass(frozen=True)
class Component:
    """Chosen features, the market's regimes where they speak of them, and a member for each seed. `size_H`: by what its
    means are multiplied where others answer with it, each with its `weight`."""

    spec: RunSpec
    features: tuple[str, ...]
    members: tuple[Member, ...]
    regimes: Regimes | None = None
    choice: tuple[Choice, ...] = ()
    weight: float = 1.0
    size_H: np.ndarray = field(default_factory=lambda: np.ones(1))

    def outputs(self, windows: Windows, rows_NT: np.ndarray) -> MeanAndScale:
        """The average over the members, at the asked places."""
        told = with_regimes(windows, self.regimes, self.features)
        return self.answer(View(told, self.features, self.spec.reading), rows_NT)

    def answer(self, view: View, rows_NT: np.ndarray) -> MeanAndScale:
        """The same of a panel as it reads it."""
        answers = [member.outputs(view, rows_NT) for member in self.members]
        mean_NTH, scale_NTH = (np.mean([answer[part] for answer in answers], axis=0) for part in (0, 1))
        return mean_NTH, scale_NTH

    def unfilled(self) -> Component:
        """The same, quicker to ask for few rows: the last digits depend on how many are asked together."""
        return replace(self, members=tuple(member.unfilled() for member in self.members))

    def dense(self) -> Component:
        """The same, quicker to ask for many rows: its networks answer them as they answered while they learned."""
        return replace(self, members=tuple(member.dense(self.spec) for member in self.members))


def even_out(
    components: Sequence[Component], answers: Sequence[MeanAndScale], rows_NT: np.ndarray
) -> tuple[Component, ...]:
    """The same, their means on these rows as far from zero as all are on average; those that say nothing but zero stay
    as they are. One alone is left to itself."""
    if len(components) == 1:
        return tuple(components)
    known_CRH = np.stack([mean_NTH[rows_NT].astype(np.float64) for mean_NTH, _ in answers])
    reach_CH = np.sqrt(np.nanmean(known_CRH**2, axis=1))
    common_H = np.array([one.weight for one in components]) @ reach_CH
    size_CH = np.divide(common_H, reach_CH, out=np.ones_like(reach_CH), where=reach_CH > 0)
    return tuple(replace(one, size_H=size_H) for one, size_H in zip(components, size_CH, strict=True))


def combine(components: Sequence[Component], answers: Sequence[MeanAndScale]) -> MeanAndScale:
    """Their weighted mean; of one alone its own answer, in every bit."""
    if len(components) == 1:
        return answers[0]
    pairs = list(zip(components, answers, strict=True))
    mean_NTH = np.sum([one.weight * one.size_H * mean_NTH for one, (mean_NTH, _) in pairs], axis=0)
    scale_NTH = np.sum([one.weight * scale_NTH for one, (_, scale_NTH) in pairs], axis=0)
    return mean_NTH, scale_NTH
