"""Between a model's outputs and a forecast: how far to trust the mean, how large the scale is, how wide the interval.

In: windows, and a model's means and scales on them in units of volatility. Out: the same calibrated, and a width.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from ml_core.errors import NotEnoughData
from ml_core.evaluation.intervals import fit_intervals, track_widths
from ml_core.evaluation.metrics import DEVIATIONS, LEVEL, normal_crps
from ml_core.features.volatility import STATES
from ml_core.scale import fit_slopes, scale_of
from ml_core.splits import Split
from ml_core.windows import Windows

LEAST_TRUST, MOST_TRUST = 0.05, 1.5
SHARES = tuple(share / 10 for share in range(11))


@dataclass(frozen=True)
class Calibration:
    """What stands per horizon between outputs and forecasts. `share` is how much the model's own scale counts beside
    that of the volatility states; from `until` on widths follow the outcomes of each ticker."""

    trust_H: np.ndarray
    width_H: np.ndarray
    slope_HJ: np.ndarray
    share: float
    until: dt.date
    level: float = LEVEL

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
    windows: Windows, split: Split, usable_NT: np.ndarray, mean_NTH: np.ndarray, scale_NTH: np.ndarray
) -> Calibration:
    """Slopes of the scale from training dates; trust, share and width from validation dates, which no gradient saw."""
    learn_NT, watch_NT = (usable_NT & windows.rows(span) for span in (split.train, split.validation))
    slope_HJ = fit_slopes(windows.y_NTH[learn_NT], windows.state_NTK[learn_NT])
    y_RH, mean_RH = windows.y_NTH[watch_NT], mean_NTH[watch_NT]
    trust_H = _slope(mean_RH, y_RH)
    error_RH = np.abs(y_RH - trust_H * mean_RH)
    known_R1K = windows.state_NTK[watch_NT][:, None]
    own_RH, states_RH = scale_NTH[watch_NT], scale_of(known_R1K, slope_HJ)[:, 0]
    try:
        tried = [(*_judge(error_RH, blend(own_RH, states_RH, share)), share) for share in SHARES]
    except NotEnoughData as error:
        span = f"{split.validation.start} to {split.validation.end}"
        raise NotEnoughData(f"validation dates {span}: {error}") from None
    _, width_H, share = min(tried, key=lambda one: one[0])
    return Calibration(trust_H, width_H, slope_HJ, share, split.validation.end)


def blend(own: np.ndarray, states: np.ndarray, share: float) -> np.ndarray:
    """The geometric mean of two scales with these weights."""
    if share in (0.0, 1.0):
        return np.where(np.isfinite(own), own if share else states, np.nan)
    return np.exp(share * np.log(own) + (1 - share) * np.log(states))


def _slope(mean_RH: np.ndarray, y_RH: np.ndarray) -> np.ndarray:
    """Of outcome on forecast, through zero."""
    known_RH = np.isfinite(y_RH)
    agreement_H = np.where(known_RH, y_RH * mean_RH, 0.0).sum(axis=0, dtype=np.float64)
    power_H = np.where(known_RH, mean_RH**2, 0.0).sum(axis=0, dtype=np.float64)
    return np.clip(agreement_H / np.maximum(power_H, 1e-12), LEAST_TRUST, MOST_TRUST)


def _judge(error_RH: np.ndarray, scale_RH: np.ndarray) -> tuple[float, np.ndarray]:
    """The conformal widths of this scale, and its CRPS with them as a share of the mean error."""
    width_H = fit_intervals(error_RH, scale_RH, level=LEVEL)
    crps_RH = normal_crps(error_RH, scale_RH * width_H / DEVIATIONS)
    typical_H = np.maximum(np.nanmean(error_RH, axis=0), 1e-12)
    return float(np.sum(np.nanmean(crps_RH, axis=0) / typical_H)), width_H
