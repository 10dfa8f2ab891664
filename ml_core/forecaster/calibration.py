"""Calibrates a model's raw outputs into a forecast: how far to trust the mean, how large the scale is, how wide
the interval.

It is fitted on validation dates, the scale's slopes on training dates. After that widths follow each ticker's
outcomes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from ml_core.errors import NotEnoughData
from ml_core.evaluation.fan import fit_fan
from ml_core.evaluation.intervals import fit_intervals, track_widths
from ml_core.evaluation.metrics import DEVIATIONS, LEVEL, normal_crps
from ml_core.evaluation.significance import diebold_mariano
from ml_core.features.volatility import STATES
from ml_core.forecaster.trust import fit_trust
from ml_core.forecaster.volatility import fit_slopes, scale_of, thin
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows

SHARES = tuple(share / 10 for share in range(11))
LUCK = 0.05


@dataclass(frozen=True)
class Calibration:
    """What stands per horizon between outputs and forecasts. `share` is how much the model's own scale counts beside
    that of the volatility states; from `until` on widths follow the outcomes of each ticker. `inner_HL` are the shares
    of the reach that hold fewer outcomes, where they were kept."""

    trust_H: np.ndarray
    width_H: np.ndarray
    slope_HJ: np.ndarray
    share: float
    until: dt.date
    level: float = LEVEL
    inner_HL: np.ndarray | None = None

    @classmethod
    def none(cls, horizons: int) -> Calibration:
        """Before anything is calibrated: outputs stand as they are."""
        ones = np.ones(horizons)
        return cls(ones, ones, np.zeros((horizons, 1 + len(STATES))), 1.0, dt.date.max)

    def rows_needed(self, windows: Windows, usable_NT: np.ndarray, rows_NT: np.ndarray) -> np.ndarray:
        """The asked rows, and those since `until` whose outcomes have moved the widths of the asked tickers."""
        asked_N1 = np.any(rows_NT, axis=1, keepdims=True)
        last = np.flatnonzero(np.any(rows_NT, axis=0)).max(initial=-1)
        fed_T = self._after(windows) & (np.arange(len(windows.sessions)) <= last)
        return rows_NT | (usable_NT & fed_T & asked_N1)

    def apply(
        self, windows: Windows, mean_NTH: np.ndarray, scale_NTH: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The mean and the reach of its interval to either side, still in units."""
        mean_NTH = self.trust_H * mean_NTH
        scale_NTH = blend(scale_NTH, scale_of(windows.state_NTK, self.slope_HJ), self.share)
        width_NTH = track_widths(
            np.abs(windows.y_NTH - mean_NTH) / scale_NTH,
            self.width_H,
            level=self.level,
            horizons=windows.horizons,
            since=int(np.argmax([*self._after(windows), True])),
        )
        return mean_NTH, scale_NTH * width_NTH

    def _after(self, windows: Windows) -> np.ndarray:
        return np.asarray(windows.sessions, dtype="datetime64[D]") > np.datetime64(self.until)


def fit_calibration(
    windows: Windows,
    split: Split,
    usable_NT: np.ndarray,
    mean_NTH: np.ndarray,
    scale_NTH: np.ndarray,
    *,
    shares: Sequence[float] = SHARES,
) -> Calibration:
    """Slopes of the scale from training dates; trust, share and width from validation dates, which no gradient saw."""
    learn_NT, watch_NT = (usable_NT & windows.rows(span) for span in (split.train, split.validation))
    learned = thin(learn_NT)
    slope_HJ = fit_slopes(windows.y_NTH[learned], windows.state_NTK[learned])
    y_RH, mean_RH = windows.y_NTH[watch_NT], mean_NTH[watch_NT]
    ticker_R, session_R = np.nonzero(watch_NT)
    with threadpool_limits(1):  # sums are taken in the same order wherever this runs
        trust_H = np.array(
            [
                fit_trust(mean_R, y_R, ticker_R, session_R, horizon=horizon)
                for mean_R, y_R, horizon in zip(mean_RH.T, y_RH.T, windows.horizons, strict=True)
            ]
        )
    error_RH = np.abs(y_RH - trust_H * mean_RH)
    known_R1K = windows.state_NTK[watch_NT][:, None]
    own_RH, states_RH = scale_NTH[watch_NT], scale_of(known_R1K, slope_HJ)[:, 0]
    try:
        tried = {
            share: _judge(error_RH, blend(own_RH, states_RH, share), session_R, windows.horizons)
            for share in shares
        }
    except NotEnoughData as error:
        span = f"{split.validation.start} to {split.validation.end}"
        raise NotEnoughData(f"validation dates {span}: {error}") from None
    share = _choose({share: loss_T for share, (loss_T, _) in tried.items()}, longest=windows.horizons[-1])
    width_H = tried[share][1]
    reach_RH = blend(own_RH, states_RH, share) * width_H
    inner_HL = fit_fan(error_RH, reach_RH, horizons=windows.horizons)
    return Calibration(trust_H, width_H, slope_HJ, share, split.validation.end, inner_HL=inner_HL)


def blend(own: np.ndarray, states: np.ndarray, share: float) -> np.ndarray:
    """The geometric mean of two scales with these weights."""
    if share in (0.0, 1.0):
        return np.where(np.isfinite(own), own if share else states, np.nan)
    return np.exp(share * np.log(own) + (1 - share) * np.log(states))


def _judge(
    error_RH: np.ndarray, scale_RH: np.ndarray, session_R: np.ndarray, horizons: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """The CRPS of this scale by date, as a share of the mean error, and the conformal widths that it needs."""
    width_H = fit_intervals(error_RH, scale_RH, level=LEVEL, horizons=horizons)
    crps_RH = normal_crps(error_RH, scale_RH * width_H / DEVIATIONS)
    loss_R = np.nansum(crps_RH / np.maximum(np.nanmean(error_RH, axis=0), 1e-12), axis=1)
    _, date_R = np.unique(session_R, return_inverse=True)
    return np.bincount(date_R, loss_R), width_H


def _choose(losses: dict[float, np.ndarray], *, longest: int) -> float:
    """The best share, if it is better than the states alone by more than luck; else none."""
    best = min(losses, key=lambda share: losses[share].sum())
    if 0.0 not in losses or diebold_mariano(losses[best], losses[0.0], horizon=longest).p < LUCK:
        return best
    return 0.0
