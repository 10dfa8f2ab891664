"""Takes forecasts that somebody else made: a ticker, a day, a horizon and a mean are enough. What our own rows hold
besides is filled with what is known here."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.errors import InvalidData, InvalidInput
from ml_core.features.table import FeatureTable
from ml_core.frames import KEYS, SCORED, conform, unique
from ml_core.panel.windows import build_windows
from ml_core.portfolio.legs import legs_of, turbulent_leg
from ml_core.portfolio.opening import horizon_of
from ml_core.spec.experiment import Experiment

NEEDED = ("ticker", "as_of", "horizon", "mean")
CONSTANT = {"fold": 0, "split": "test"}
FILLED = "their scale is the volatility known at each close"
EXPECTED = "expected at least ticker, as_of, horizon and mean"


def complete(table: pl.DataFrame, experiment: Experiment, prices: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """SCORED rows, and a sentence on what was filled in. A column that is there is kept as it is."""
    lacking = [name for name in NEEDED if name not in table.columns]
    if lacking:
        had = ", ".join(table.columns)
        raise InvalidInput(f"forecasts: missing column {', '.join(lacking)}; it has {had}; {EXPECTED}")
    given = [name for name in SCORED if name in table.columns and not _is_empty(table, name)]
    try:
        own = conform(table, {name: SCORED[name] for name in given}, "forecasts")
        if "split" not in given:
            own = unique(own, KEYS["forecast"], "forecasts")
    except InvalidData as error:
        raise InvalidInput(f"{error}; {EXPECTED}") from None
    _require_traded(own, experiment)
    absent = [name for name in SCORED if name not in given]
    if not {"realized", "scale"}.isdisjoint(absent):
        known = _tell_known(experiment, prices, own["horizon"].unique().sort())
        _require_known(own, known)
        wanted = [name for name in known.columns if name in KEYS["forecast"] or name in absent]
        own = own.join(known.select(wanted), on=KEYS["forecast"], how="left", maintain_order="left")
    filled = own.with_columns(
        pl.lit(CONSTANT.get(name)).cast(SCORED[name]).alias(name)
        for name in SCORED
        if name not in own.columns
    )
    return conform(filled, SCORED, "forecasts"), FILLED if "scale" in absent else ""


def _is_empty(table: pl.DataFrame, name: str) -> bool:
    """A column that may be left out, and says nothing."""
    return name not in NEEDED and table.height > 0 and table[name].null_count() == table.height


def _require_traded(own: pl.DataFrame, experiment: Experiment) -> None:
    """Each horizon that the strategy holds by has forecasts."""
    horizon, strategy = horizon_of(experiment), experiment.strategy
    other = turbulent_leg(strategy, horizon=horizon)
    asked = {leg.horizon for leg in (*legs_of(strategy, horizon=horizon), *((other,) if other else ()))}
    there = own["horizon"].unique().sort().to_list()
    if own.height and (lacking := sorted(asked - set(there))):
        raise InvalidInput(
            f"forecasts: none at horizon {', '.join(map(str, lacking))}, by which the strategy trades; "
            f"they have {', '.join(map(str, there))}; strategy.horizon names another"
        )


def _tell_known(experiment: Experiment, prices: pl.DataFrame, horizons: pl.Series) -> pl.DataFrame:
    """(ticker, as_of, horizon, realized, scale) of every session: what came, in the terms of the task's target, and the
    volatility known at that close over so many sessions."""
    if (least := int(horizons.to_numpy().min(initial=1))) < 1:
        raise InvalidInput(f"forecasts: horizon {least}; expected a number of sessions from 1 on")
    task = experiment.task.model_copy(update={"horizons": tuple(horizons)})
    windows = build_windows(prices, FeatureTable(lambda: iter(()), ()), task)
    rows_NT = np.isfinite(windows.close_NT) & windows.member_NT
    unit_NTH = windows.unit_NTH.astype(float)
    return windows.to_table(rows_NT, realized=windows.y_NTH.astype(float) * unit_NTH, scale=unit_NTH)


def _require_known(own: pl.DataFrame, known: pl.DataFrame) -> None:
    """Some of them are of a ticker and a session that are stored."""
    if own.height and own.join(known, on=KEYS["forecast"], how="semi").is_empty():
        first, last = known["as_of"].min(), known["as_of"].max()
        raise InvalidInput(
            f"forecasts: none is of a ticker and a session that are stored; the first is of {own['ticker'][0]} "
            f"on {own['as_of'][0]}, sessions go from {first} to {last}"
        )
