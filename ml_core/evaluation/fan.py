"""Fits the narrower intervals inside the 90 % one, as shares of its reach, and counts how many outcomes each held. A
normal's shares would be too wide: returns are more often small than it says."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from ml_core.evaluation.intervals import fit_intervals
from ml_core.frames import Array

LEVELS = (0.5, 0.8)


def fit_fan(error_RH: ArrayLike, reach_RH: ArrayLike, *, horizons: Sequence[int]) -> Array:
    """share_HL: within what share of the interval's reach each of `LEVELS` of outcomes lies, on dates that the fit has
    not seen."""
    share_HL = np.stack(
        [fit_intervals(error_RH, reach_RH, level=level, horizons=horizons) for level in LEVELS], axis=-1
    )
    return np.minimum(share_HL, 1.0)


def measure_fan(scored: pl.DataFrame, shares: Mapping[int, Sequence[float]]) -> list[dict[str, Any]]:
    """For each horizon and level, its share of the reach and how many of these outcomes it held. Rows whose outcome is
    not yet known do not count."""
    known = scored.filter(pl.all_horizontal(pl.col("realized", "lower", "upper").is_not_null()))
    reach, error = (pl.col("upper") - pl.col("lower")) / 2, (pl.col("realized") - pl.col("mean")).abs()
    return [
        {
            "horizon": horizon,
            "level": level,
            "share": share,
            "rows": rows.height,
            "coverage": rows.select((error <= share * reach).mean()).item(),
        }
        for horizon, own in shares.items()
        for level, share in zip(LEVELS, own, strict=True)
        for rows in [known.filter(pl.col("horizon") == horizon)]
    ]
