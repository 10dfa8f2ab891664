"""Coverage: whether the intervals of each ticker hold, and those of calm and of wild days, as all of them together do.

The same bet as that of all intervals, on parts of them, at the shortest horizon: parts have fewer outcomes, and take
longer to tell. All parts together raise a false alarm with a chance of at most 1 %, ever.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.monitoring.checks.intervals import CHANCE, weigh
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.inside import read_inside
from ml_core.monitoring.scene import WatchScene

RECENT, YEAR = 20, 252  # sessions whose moves tell the state of a day, and those that it is laid beside
STATES = {True: "wild days", False: "calm days"}


def look(scene: WatchScene) -> list[Finding]:
    """One finding for each ticker and each state that has any outcome."""
    rows = read_inside(scene)
    if rows.is_empty():
        return []
    horizon = int(rows["horizon"][0])
    rows = rows.filter(horizon=pl.lit(horizon)).join(tell_states(scene.prices), on="as_of", how="left")
    parts = {str(ticker): own for (ticker,), own in rows.group_by("ticker")}
    parts |= {name: rows.filter(wild=pl.lit(wild)) for wild, name in STATES.items()}
    needed = len(parts) / CHANCE
    return [
        weigh(f"{name}, {horizon} ahead", _shares(own), horizon, needed=needed)
        for name, own in sorted(parts.items())
        if own.height
    ]


def tell_states(prices: pl.DataFrame) -> pl.DataFrame:
    """(as_of, wild): whether the universe has lately moved more than it usually did in the year before."""
    move = pl.col("close").log().diff().over("ticker").abs()
    days = prices.sort("ticker", "date").with_columns(move=move).group_by("date").agg(pl.col("move").mean())
    lately = pl.col("move").rolling_mean(RECENT, min_samples=RECENT // 2)
    usual = lately.rolling_median(YEAR, min_samples=RECENT // 2)
    return days.sort("date").select(as_of="date", wild=lately > usual)


def _shares(rows: pl.DataFrame) -> np.ndarray:
    return rows.group_by("as_of").agg(pl.col("inside").mean()).sort("as_of")["inside"].to_numpy()
