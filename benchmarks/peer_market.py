"""The simulated market of `peer.py` and `search_peer.py`, and the one panel of it that both sides are given."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
from panel import SEES, Grid

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Features, Reading, RunSpec, Task, Universe
from ml_core.walkforward.opening import open_windows

MARKET = simulated.Config(seed=11, sessions=2251)
UNIVERSE = Universe(tickers=tuple(f"T{number:03d}" for number in range(100)))
TASK = Task(horizons=(1,), target="excess")
LABEL = "momentum_1"  # what the one column is called; it holds the series
READING = Reading(lookback=SEES, features=Features(names=(LABEL,)))
FIRST, CUT = 40, 2000


def make_prices() -> pl.DataFrame:
    """The simulated market's, as every step reads them."""
    request = Request(
        UNIVERSE.tickers, {}, UNIVERSE.calendar, None, None, dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    )
    return adjust(simulated.fetch(request, MARKET).bars)


def make_panel() -> tuple[Windows, Grid, float]:
    """The windows of our side, the panel of both, and the oracle's IC on the asked rows."""
    windows, _ = open_windows(RunSpec(task=TASK, reading=READING), make_prices())
    series_NT = np.roll(windows.y_NTH[:, :, 0], 1, axis=1)
    present_NT = np.zeros(series_NT.shape, dtype=bool)
    present_NT[:, FIRST:] = True
    windows = replace(windows, x_NTF=series_NT[:, :, None].copy(), present_NT=present_NT)
    panel = Grid(series_NT, windows.unit_NTH[:, :, 0], FIRST, CUT)
    table = simulated.oracle(UNIVERSE, MARKET, (1,)).sort("ticker", "as_of")
    oracle_NV = table["mean"].to_numpy().reshape(series_NT.shape)[:, CUT:-1] / panel.unit_NT[:, CUT:-1]
    return windows, panel, panel.score(oracle_NV)[0]
