"""Says why a model has no forecast for a ticker, or for a day: the one reason that holds, and from when on it has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from ml_core.errors import NotEnoughData
from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.windows import Windows


def tell_early(forecaster: Forecaster, prices: pl.DataFrame, day: dt.date) -> str:
    """That the day lies before the first that this model can answer from all that is stored; empty where it does
    not."""
    begin = min(prices["date"])
    answered = forecaster.read(prices).usable_sessions(forecaster.lookback)
    if answered and day >= answered[0]:
        return ""
    since = f"the first day that can be answered is {answered[0]}" if answered else "no day can be answered"
    if day < begin:
        return f"no prices up to {day}: they begin on {begin}; {since}"
    return f"too little history up to {day}, prices begin on {begin}; {since}"


def tell_silent(forecaster: Forecaster, prices: pl.DataFrame, tickers: Sequence[str]) -> dict[str, str]:
    """Why each of these tickers, which all have prices, has no forecast for the last session."""
    try:
        windows = forecaster.read(prices)
    except NotEnoughData as error:
        return dict.fromkeys(tickers, f"too little history: {error}")
    return {
        ticker: _why(windows, windows.tickers.index(ticker), forecaster.lookback)
        if ticker in windows.tickers
        else "it is none of the tickers that this joint model knows"
        for ticker in tickers
    }


def _why(windows: Windows, place: int, lookback: int) -> str:
    known_T = np.isfinite(windows.close_NT[place])
    newest, last = windows.sessions[-1], windows.sessions[int(np.flatnonzero(known_T)[-1])]
    if last != newest:
        return f"no bar on {newest}, the last session; its own last is of {last}"
    had, warm = int(known_T.sum()), int(windows.first_N[place])
    empty = [
        name
        for number, name in enumerate(windows.features)
        if not np.isfinite(windows.x_NTF[place, :, number]).any()
    ]
    short = f"too little history: {had} sessions up to {newest}"
    if empty:
        more = f" and {len(empty) - 1} more inputs" if len(empty) > 1 else ""
        return f"{short}, with no value yet of {empty[0]}{more}"
    if warm >= len(windows.sessions):
        return f"{short}, none of them with a value of every input"
    return f"{short}, and the model looks back {lookback} from {windows.sessions[warm]} on"
