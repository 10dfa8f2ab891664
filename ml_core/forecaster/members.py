"""Defines the fitted parts of a forecaster: how each answers for the rows of a panel, and what of it is saved.
A baseline stands here; a network needs torch and stands in `networks.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from ml_core.baselines import FittedBaseline, Learned, is_baseline
from ml_core.panel.windows import Windows
from ml_core.spec import choices
from ml_core.spec.experiment import Model, Reading
from ml_core.spec.run import RunSpec

if TYPE_CHECKING:
    from ml_core.panel.layout import Layout

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class View:
    """A panel as one model reads it."""

    windows: Windows
    features: tuple[str, ...]
    reading: Reading

    @cached_property
    def layout(self) -> Layout:
        """Laid out for networks, once for all of them."""
        from ml_core.panel.layout import lay_out

        return lay_out(
            self.windows, self.features, layout=self.reading.layout, lookback=self.reading.lookback
        )


class Member(Protocol):
    """One fitted part of a forecaster, and the state that it is saved by and comes back from."""

    def outputs(self, view: View, rows_NT: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """mean_NTH and scale_NTH in units of volatility at the asked places."""
        ...

    def unfilled(self) -> Self:
        """The same, quicker to ask for few rows, to the last digits."""
        ...

    def dense(self, spec: RunSpec, /) -> Self:
        """The same, quicker to ask for many rows, close to what is served."""
        ...

    def arrays(self) -> dict[str, np.ndarray]:
        """What is saved as safetensors."""
        ...

    def facts(self) -> dict[str, Any]:
        """What is saved as JSON."""
        ...


@dataclass(frozen=True)
class BaselineMember:
    """One fitted baseline."""

    fitted: FittedBaseline

    def outputs(self, view: View, rows_NT: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked_NT = rows_NT & view.windows.usable(view.reading.lookback)
        return self.fitted.outputs(view.windows, asked_NT, view.features)

    def unfilled(self) -> Self:
        return self

    def dense(self, _spec: RunSpec, /) -> Self:
        return self

    def arrays(self) -> dict[str, np.ndarray]:
        learned = {f"learned.{name}": part for name, part in self.fitted.learned.arrays.items()}
        state = {**learned, "deviation": self.fitted.deviation_H}
        return {name: np.ascontiguousarray(part) for name, part in state.items()}

    def facts(self) -> dict[str, Any]:
        return {"facts": dict(self.fitted.learned.facts), "notes": list(self.fitted.learned.notes)}

    @classmethod
    def restore(cls, model: Model, arrays: Arrays, facts: Mapping[str, Any]) -> BaselineMember:
        learned = below("learned.", arrays)
        state = Learned(learned, facts["facts"], tuple(facts["notes"]))
        return cls(FittedBaseline(model.family, state, arrays["deviation"]))


def restore_member(model: Model, arrays: Arrays, facts: Mapping[str, Any]) -> Member:
    """The member that was saved as these arrays and facts."""
    if is_baseline(model.family):
        return BaselineMember.restore(model, arrays, facts)
    from ml_core.forecaster.networks import NetworkMember
    from ml_core.models.family import FAMILIES

    if model.family not in choices.names(FAMILIES):
        raise ValueError(
            f"was made by '{model.family}', which is not here; install the package that brings it"
        )

    return NetworkMember.restore(model, arrays)


def below(prefix: str, arrays: Arrays) -> dict[str, np.ndarray]:
    """Those whose names begin so, by what follows."""
    return {name.removeprefix(prefix): part for name, part in arrays.items() if name.startswith(prefix)}
