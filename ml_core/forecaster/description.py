"""What the JSON file of a forecaster holds beside its weights: one format for a spec alone, as it was before several
could answer as one, and one for several."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Literal, Self

import numpy as np

from ml_core.features.regimes import Regimes
from ml_core.features.selection import Choice
from ml_core.forecaster.calibration import Calibration
from ml_core.forecaster.component import Component
from ml_core.forecaster.forecaster import Forecaster
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.run import RunSpec
from ml_core.spec.section import FrozenSection

ALONE, TOGETHER = 2, 3  # 2: since a spec tells what is asked from how a model reads


class ComponentFacts(FrozenSection):
    """What one component holds, besides its arrays."""

    features: tuple[str, ...]
    choice: tuple[Choice, ...] = ()
    members: int
    facts: tuple[dict[str, Any], ...] = ()
    regimes: Regimes | None = None
    size: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, component: Component) -> Self:
        return cls(
            features=component.features,
            choice=component.choice,
            members=len(component.members),
            facts=tuple(member.facts() for member in component.members),
            regimes=component.regimes,
            size=tuple(component.size_H.tolist()),
        )


class Calibrated(FrozenSection):
    trust: tuple[float, ...]
    width: tuple[float, ...]
    slopes: tuple[tuple[float, ...], ...]
    share: float
    until: dt.date
    level: float
    inner: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def of(cls, calibration: Calibration) -> Self:
        return cls(
            trust=tuple(calibration.trust_H.tolist()),
            width=tuple(calibration.width_H.tolist()),
            slopes=tuple(map(tuple, calibration.slope_HJ.tolist())),
            share=calibration.share,
            until=calibration.until,
            level=calibration.level,
            inner=() if calibration.inner_HL is None else tuple(map(tuple, calibration.inner_HL.tolist())),
        )

    def restore(self) -> Calibration:
        trust_H, width_H, slope_HJ = map(np.asarray, (self.trust, self.width, self.slopes))
        inner_HL = np.asarray(self.inner) if self.inner else None
        return Calibration(trust_H, width_H, slope_HJ, self.share, self.until, self.level, inner_HL)


class Description(FrozenSection):
    """Of one spec alone."""

    format: Literal[2] = ALONE
    spec: RunSpec
    features: tuple[str, ...]
    choice: tuple[Choice, ...] = ()
    tickers: tuple[str, ...]
    members: int
    facts: tuple[dict[str, Any], ...] = ()
    trust: tuple[float, ...]
    width: tuple[float, ...]
    slopes: tuple[tuple[float, ...], ...]
    share: float
    until: dt.date
    level: float
    inner: tuple[tuple[float, ...], ...] = ()
    regimes: Regimes | None = None

    @property
    def learned(self) -> tuple[ComponentFacts, ...]:
        told = {name: getattr(self, name) for name in ComponentFacts.model_fields if name != "size"}
        return (ComponentFacts.model_construct(**told),)

    @property
    def calibration(self) -> Calibrated:
        return Calibrated.model_construct(**{name: getattr(self, name) for name in Calibrated.model_fields})


class EnsembleDescription(FrozenSection):
    """Of several that answer as one."""

    format: Literal[3] = TOGETHER
    spec: Ensemble
    learned: tuple[ComponentFacts, ...]
    tickers: tuple[str, ...]
    calibration: Calibrated


def describe(forecaster: Forecaster) -> Description | EnsembleDescription:
    spec, tickers = forecaster.spec, forecaster.tickers
    learned = tuple(map(ComponentFacts.of, forecaster.components))
    calibration = Calibrated.of(forecaster.calibration)
    if isinstance(spec, Ensemble):
        return EnsembleDescription(spec=spec, learned=learned, tickers=tickers, calibration=calibration)
    own = {name: value for name, value in dict(learned[0]).items() if name != "size"}
    return Description(spec=spec, tickers=tickers, **own, **dict(calibration))


def kind_of(content: bytes) -> type[Description] | type[EnsembleDescription]:
    """Which of both the file holds; one of another format is refused."""
    told = json.loads(content)
    known = told.get("format") if isinstance(told, dict) else ALONE
    if known not in (ALONE, TOGETHER):
        raise ValueError(
            f"is of format {known}; expected {ALONE} or {TOGETHER}; search again to have a model in that format"
        )
    return EnsembleDescription if known == TOGETHER else Description
