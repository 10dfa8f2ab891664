"""Shares what a forecast says among the inputs of all who answer together, calibrated as it is served. Shares and base
add up to the forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ml_core.evaluation.metrics import DEVIATIONS
from ml_core.explain.sharing import OutputPart, Question, Shared, share
from ml_core.explain.subject import Scene, Subject
from ml_core.features.volatility import STATES
from ml_core.forecaster.calibration import blend
from ml_core.forecaster.volatility import scale_of

ForecastPart = Literal["level", "order", "scale"]
SHARED = "shares of the level"
UNIT, WIDTH, LIMIT, REST = "usual_volatility", "own_record", "limit", "rest"


@dataclass(frozen=True)
class Attribution:
    """`forecast` = `base` + the sum of all shares, of one forecast. Of `level` in the target's own terms (log returns);
    of `order` the same less the mean of all tickers that were forecast that day; of `scale` its logarithm.

    `share_LF`: of each feature at each lag, lag 0 the last session. `beside`: of what is no feature. `member_MF`: by
    feature, what each fitted member says by itself, in the same terms.
    """

    of: ForecastPart
    ticker: str
    horizon: int
    forecast: float
    base: float
    names: tuple[str, ...]
    share_LF: np.ndarray
    beside: Mapping[str, float]
    member_MF: np.ndarray

    @property
    def total(self) -> float:
        """What the shares come to."""
        return self.base + float(self.share_LF.sum()) + sum(self.beside.values())

    def by_feature(self) -> dict[str, float]:
        """What each adds over all lags, and what is no feature."""
        return dict(zip(self.names, self.share_LF.sum(axis=0).tolist(), strict=True)) | dict(self.beside)

    def by_lag(self) -> np.ndarray:
        """share_L of all features together."""
        return self.share_LF.sum(axis=1)

    def up_and_down(self) -> dict[str, tuple[float, float]]:
        """What each feature pushes up and what it pushes down: lags of opposite signs do not cancel here."""
        up_F, down_F = (part.sum(axis=0) for part in (self.share_LF.clip(min=0), self.share_LF.clip(max=0)))
        return dict(zip(self.names, zip(up_F.tolist(), down_F.tolist(), strict=True), strict=True))

    def agreeing(self) -> dict[str, int]:
        """By feature, how many members push the same way as all together."""
        whole_F = np.sign(self.share_LF.sum(axis=0))
        same_F = (np.sign(self.member_MF) == whole_F).sum(axis=0)
        return dict(zip(self.names, same_F.tolist(), strict=True))


@dataclass(frozen=True)
class JoinedShares:
    """All members together, R rows, in units of volatility before calibration."""

    names: tuple[str, ...]
    value_R: np.ndarray
    base_R: np.ndarray
    share_RLF: np.ndarray
    rest_R: np.ndarray
    member_RMF: np.ndarray


def attribute(subject: Subject, of: ForecastPart = "level") -> Attribution:
    """What moved this forecast."""
    if of == "scale":
        return _scale(subject)
    (level,) = _levels(subject.scene, subject.rows_NT, subject.horizon, share_own(subject))
    return level if of == "level" else _order(subject, level)


def attribute_all(scene: Scene, horizon: int, of: ForecastPart = "level") -> list[Attribution]:
    """The same of every ticker that has a forecast, at once where that is possible."""
    if of == "scale":
        return [_scale(scene.about(ticker, horizon)) for ticker in scene.tickers]
    rows_NT = np.zeros(scene.usable_NT.shape, dtype=bool)
    rows_NT[[scene.windows.tickers.index(ticker) for ticker in scene.tickers], -1] = True
    column = scene.windows.horizons.index(horizon)
    levels = _levels(scene, rows_NT, horizon, share_rows(scene, rows_NT, column))
    return levels if of == "level" else [_less_mean(one, levels) for one in levels]


def share_rows(scene: Scene, rows_NT: np.ndarray, column: int) -> JoinedShares:
    """What every input at every lag adds to the mean of these rows of the panel, in their order, in units of volatility
    before calibration."""
    return _join(scene, rows_NT, column, "mean")


def share_own(subject: Subject) -> JoinedShares:
    """The same of the one row that is explained, found once for all who ask for it."""
    if SHARED not in subject.remembered:
        subject.remembered[SHARED] = share_rows(subject.scene, subject.rows_NT, subject.column)
    return subject.remembered[SHARED]


def _levels(scene: Scene, rows_NT: np.ndarray, horizon: int, joined: JoinedShares) -> list[Attribution]:
    """Of each asked row, in the order of the tickers."""
    windows, column = scene.windows, scene.windows.horizons.index(horizon)
    attributions = []
    for row, ticker in enumerate(np.flatnonzero(rows_NT[:, -1]).tolist()):
        factor = float(scene.forecaster.calibration.trust_H[column] * windows.unit_NTH[ticker, -1, column])
        attributions.append(
            Attribution(
                "level",
                windows.tickers[ticker],
                horizon,
                float(scene.said[windows.tickers[ticker], horizon]["mean"]),
                factor * float(joined.base_R[row]),
                joined.names,
                factor * joined.share_RLF[row],
                _if_any({REST: factor * float(joined.rest_R[row])}),
                factor * joined.member_RMF[row],
            )
        )
    return attributions


def _order(subject: Subject, own: Attribution) -> Attribution:
    return _less_mean(own, attribute_all(subject.scene, subject.horizon))


def _less_mean(own: Attribution, everybody: list[Attribution]) -> Attribution:
    """A ticker's own less the mean of all: what sets it apart from the others."""

    def apart(value, values):
        return value - np.mean(values, axis=0)

    return replace(
        own,
        of="order",
        forecast=float(apart(own.forecast, [one.forecast for one in everybody])),
        base=float(apart(own.base, [one.base for one in everybody])),
        share_LF=apart(own.share_LF, [one.share_LF for one in everybody]),
        beside=_if_any(
            {REST: float(apart(own.beside.get(REST, 0.0), [one.beside.get(REST, 0.0) for one in everybody]))}
        ),
        member_MF=apart(own.member_MF, [one.member_MF for one in everybody]),
    )


def _scale(subject: Subject) -> Attribution:
    """A scale is a product, so that its logarithm is a sum: of the volatility known that day, the model's own scale,
    the states of volatility, and how the ticker's interval has held since. Each beside what is usual on known rows."""
    scene, column = subject.scene, subject.column
    windows, calibration = scene.windows, scene.forecaster.calibration
    joined = _join(scene, subject.rows_NT, column, "scale")
    own, usual = float(joined.value_R[0]), float(joined.base_R[0])
    past_NT = _usual_rows(scene)
    slope_J, share = calibration.slope_HJ[column], calibration.share
    state_K, usual_K = windows.state_NTK[subject.place, -1], windows.state_NTK[past_NT].mean(axis=0)
    bounded, usual_bounded = (
        float(np.log(scale_of(part[None, None], slope_J[None])[0, 0, 0])) for part in (state_K, usual_K)
    )
    unit_R = np.log(windows.unit_NTH[:, :, column][past_NT].astype(np.float64))
    unit = float(np.log(windows.unit_NTH[subject.place, -1, column]))
    states_K = (1 - share) * slope_J[1:] * (state_K - usual_K)
    blended = float(blend(np.array(own), np.array(np.exp(bounded)), share))
    forecast = float(np.log(subject.row["scale"]))
    started = float(calibration.width_H[column]) / DEVIATIONS
    # Who reads his own past alone says a volatility of his own, whatever the unit in which it is told.
    relative = 1.0 if scene.reads_features else 1 - share
    beside = {UNIT: relative * (unit - float(unit_R.mean()))}
    if share < 1:
        beside |= {f"state_{name}": float(part) for name, part in zip(STATES, states_K, strict=True)}
        beside[LIMIT] = (1 - share) * (bounded - usual_bounded) - float(states_K.sum())
    # What is left. That it is the width which followed the ticker's outcomes is held by tests/contracts/test_shares.py:
    # to follow them here would ask the model of every session since.
    beside[WIDTH] = forecast - np.log(blended) - unit - float(np.log(started))
    stretch = _log_per_unit(own, usual) * share
    beside[REST] = stretch * float(joined.rest_R[0])
    base = (
        unit
        - beside[UNIT]
        + share * float(np.log(usual))
        + (1 - share) * usual_bounded
        + float(np.log(started))
    )
    return Attribution(
        "scale",
        subject.ticker,
        subject.horizon,
        forecast,
        base,
        joined.names,
        stretch * joined.share_RLF[0],
        _if_any(beside),
        stretch * joined.member_RMF[0],
    )


def _log_per_unit(value: float, base: float) -> float:
    """By what a difference is multiplied to become one of logarithms."""
    return float((np.log(value) - np.log(base)) / (value - base)) if value != base else 1 / value


def _usual_rows(scene: Scene) -> np.ndarray:
    """The rows that are known, which say what is usual."""
    past_NT = scene.usable_NT.copy()
    past_NT[:, -1] = False
    return past_NT if past_NT.any() else scene.usable_NT


def _if_any(beside: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in beside.items() if abs(value) > 1e-12}


def _join(scene: Scene, rows_NT: np.ndarray, column: int, part: OutputPart) -> JoinedShares:
    """Members of a component count alike, components by their weights, and where it is a mean by their size."""
    parts: list[tuple[float, Shared]] = []
    past_NT = _usual_rows(scene)
    for view, component in zip(scene.views, scene.forecaster.components, strict=True):
        alone = len(scene.forecaster.components) == 1
        factor = 1.0 if alone else component.weight
        if part == "mean" and not alone:
            factor *= float(component.size_H[column])
        question = Question(view, rows_NT, column, part, past_NT)
        parts += [(factor / len(component.members), share(member, question)) for member in component.members]
    names = tuple(dict.fromkeys(name for _, shared in parts for name in shared.names))
    lags = max(shared.share_RLF.shape[1] for _, shared in parts)
    rows = len(parts[0][1].value_R)
    share_RLF, member_RMF = np.zeros((rows, lags, len(names))), np.zeros((rows, len(parts), len(names)))
    for number, (factor, shared) in enumerate(parts):
        columns = [names.index(name) for name in shared.names]
        share_RLF[:, : shared.share_RLF.shape[1], columns] += factor * shared.share_RLF
        member_RMF[:, number, columns] = factor * len(parts) * shared.share_RLF.sum(axis=1)
    return JoinedShares(
        names,
        np.sum([factor * shared.value_R for factor, shared in parts], axis=0),
        np.sum([factor * shared.base_R for factor, shared in parts], axis=0),
        share_RLF,
        np.sum([factor * shared.rest_R for factor, shared in parts], axis=0),
        member_RMF,
    )
