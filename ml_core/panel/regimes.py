"""Fits the market's states on training dates and adds them to a panel as inputs that all tickers share."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ml_core.features.regimes import REGIME_FEATURES, SOURCE, Regimes, fit_regimes, regime_columns
from ml_core.panel.splits import Span
from ml_core.panel.windows import Windows


def learn_regimes(windows: Windows, train: Span, asked: Iterable[str]) -> Regimes | None:
    """The regimes of the training dates, if any of the asked features speaks of them."""
    if SOURCE not in windows.features or not any(name in REGIME_FEATURES for name in asked):
        return None
    return fit_regimes(market_return(windows)[windows.rows(train)])


def with_regimes(windows: Windows, regimes: Regimes | None, asked: Iterable[str]) -> Windows:
    """The windows with the asked features of the regimes among their inputs."""
    if regimes is None:
        return windows
    names = [name for name in asked if name in REGIME_FEATURES]
    return windows.sharing(regime_columns(regimes, market_return(windows), names))


def market_return(windows: Windows) -> np.ndarray:
    """return_T: the market's return stands in the row of every ticker that trades on a date; NaN where none does."""
    return_NT = windows.x_NTF[:, :, windows.features.index(SOURCE)]
    known_NT = np.isfinite(return_NT)
    first_T = known_NT.argmax(axis=0)
    return np.where(known_NT.any(axis=0), return_NT[first_T, np.arange(len(first_T))], np.nan)
