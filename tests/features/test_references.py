"""What each feature means: an independent reference, reckoned from a ticker's bars in plain numpy, gives its values.

A reference is the function named as the feature, in the file named as its group; `momentum_20` is `momentum` of 20.
"""

import importlib
import inspect
import re
from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl
import pytest

from ml_core.features.regimes import Regimes, State
from ml_core.features.table import known_features
from tests.features.references import regime
from tests.features.references.bars import Bars, Market
from tests.features.tables import build_known
from tests.market import simulate_prices

SERIES = "context_vix"
SECTORS = {
    "ALFA": "metal",
    "BRAV": "metal",
    "CHAR": "metal",
    "DELT": "grain",
    "ECHO": "grain",
    "FOXT": "grain",
}
BARS = ("open", "high", "low", "close")
KNOWN = known_features((SERIES,))
ROWS = (
    130,
    131,
    170,
    199,
    230,
    262,
    333,
    334,
    376,
    377,
    380,
)  # of each ticker: after half a year no feature waits
REGIMES = Regimes(
    calm=State(**regime.CALM, stay=regime.STAY_CALM),
    turbulent=State(**regime.TURBULENT, stay=regime.STAY_TURBULENT),
)


@cache
def prices() -> pl.DataFrame:
    """Eight tickers, two without a sector, and a series beside them. One lists late, one misses a session, one stands
    still at its row 333. At their row 262 one jumps, one falls, and two open far off and come back; one rises for a
    fortnight up to its row 380."""
    whole = simulate_prices(tickers=8, sessions=400, seed=5)
    dates = whole["date"].unique().sort()
    rng = np.random.default_rng(0)
    level = pl.DataFrame({"date": dates, SERIES: 20 + np.cumsum(rng.normal(0, 0.5, len(dates)))})
    late = (pl.col("ticker") == "HOTL") & (pl.col("date") < dates[195])
    missed = (pl.col("ticker") == "CHAR") & (pl.col("date") == dates[160])
    row = pl.int_range(pl.len()).over("ticker")
    jump = pl.when(row >= 262).then(far(ECHO=1.5, FOXT=1 / 1.5)).otherwise(1.0)
    climb = far(DELT=1.05) ** (row - 366).clip(0, 14)
    gap = pl.when(row == 262).then(far(ALFA=1.5, BRAV=1 / 1.5)).otherwise(1.0)
    still = (pl.col("ticker") == "GOLF") & (row == 333)
    before = pl.col("close").shift(1).over("ticker")
    return (
        whole.filter(~late & ~missed)
        .with_columns(pl.col(name) * jump * climb for name in BARS)
        .with_columns(open=pl.col("open") * gap)
        .with_columns(high=pl.max_horizontal("high", "open"), low=pl.min_horizontal("low", "open"))
        .with_columns(pl.when(still).then(before).otherwise(pl.col(name)).alias(name) for name in BARS)
        .with_columns(volume=pl.when(still).then(0.0).otherwise(pl.col("volume")))
        .join(level, on="date", how="left")
        .with_columns(sector=pl.col("ticker").replace_strict(SECTORS, default=None))
        .sort("ticker", "date")
    )


def far(**times: float) -> pl.Expr:
    """By how much the prices of these tickers are multiplied; the others stay."""
    return pl.col("ticker").replace_strict(times, default=1.0)


@cache
def built() -> pl.DataFrame:
    return build_known(prices(), tuple(KNOWN), REGIMES)


@cache
def market() -> Market:
    return Market(prices(), SERIES)


@cache
def references(group: str) -> dict[str, Callable[..., float]]:
    module = importlib.import_module(f"tests.features.references.{group}")
    functions = inspect.getmembers(module, inspect.isroutine)
    return {name: one for name, one in functions if one.__module__ == module.__name__}


def reference_of(name: str) -> Callable[[Bars, int], float] | None:
    """The function of the name, or of the name before its window."""
    own = references(KNOWN[name][0])
    if name in own:
        return own[name]
    stem, _, window = name.rpartition("_")
    if not re.fullmatch(r"\d+", window) or stem not in own:
        return None
    return lambda bars, row: own[stem](bars, row, int(window))


@pytest.mark.parametrize("name", KNOWN)
def test_a_feature_is_what_its_reference_says(name):
    reference = reference_of(name)
    assert reference, f"{name} has no reference; write one in tests/features/references/{KNOWN[name][0]}.py"
    scale = float(built()[name].drop_nulls().std())
    for ticker, bars in market().bars.items():
        whole = range(1, len(bars.dates))
        rows = [row for row in whole if KNOWN[name][0] == "calendar" or row in ROWS]
        given = built().filter(pl.col("ticker") == ticker)[name].gather(rows).to_numpy()
        expected = np.array([reference(bars, row) for row in rows])
        told = f"{name} of {ticker} at its rows {rows}"
        np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-5 * scale, err_msg=told)
