"""Lays out what each stage holds (features, targets, what a fit learned, forecasts) as tables that say when each
row was known, so that the audit can compare them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np
import polars as pl

from ml_core.evaluation.variants import NEWCOMER
from ml_core.features.scaling import Scaler
from ml_core.forecaster.component import Component
from ml_core.forecaster.forecaster import Forecaster
from ml_core.panel.regimes import with_regimes
from ml_core.panel.windows import Windows

LEARNED = {
    "known": pl.Date, "family": pl.String, "fold": pl.Int32, "name": pl.String, "place": pl.String,
    "value": pl.Float64, "told": pl.String,
}  # fmt: skip
SCALING = {part.name for part in fields(Scaler)}


def tell_features(windows: Windows, asked_T: Sequence[bool] | None = None) -> pl.DataFrame:
    """Every input of the panel as models read it, by ticker and date, of all sessions or of those that are asked;
    beside it the units, the volatility states and the variance that each bar tells."""
    there_NT = np.isfinite(windows.close_NT)
    ticker, session = np.nonzero(there_NT if asked_T is None else there_NT & np.asarray(asked_T))
    columns = {name: windows.x_NTF[ticker, session, place] for place, name in enumerate(windows.features)}
    for place, horizon in enumerate(windows.horizons):
        columns[f"unit_{horizon}"] = windows.unit_NTH[ticker, session, place]
    for place in range(windows.state_NTK.shape[2]):
        columns[f"state_{place}"] = windows.state_NTK[ticker, session, place]
    columns["moved"] = windows.moved_NT[ticker, session]
    columns["usable"] = windows.open_NT[ticker, session]
    return pl.DataFrame({**_key(windows, ticker, session), **columns})


def tell_targets(windows: Windows) -> pl.DataFrame:
    """What is to be forecast, known at the close of the session that ends the horizon."""
    tables = []
    for place, horizon in enumerate(windows.horizons):
        ticker, session = np.nonzero(np.isfinite(windows.y_NTH[:, :, place]))
        key = _key(windows, ticker, session)
        ended = np.minimum(session + horizon, len(windows.sessions) - 1)
        known = np.asarray(windows.sessions, dtype="datetime64[D]")[ended]
        target = windows.y_NTH[ticker, session, place].astype(float)
        target = target * windows.unit_NTH[ticker, session, place]
        tables.append(
            pl.DataFrame(
                {"known": known, "ticker": key["ticker"], "as_of": key["date"], "target": target}
            ).with_columns(pl.col("known").cast(pl.Date), horizon=pl.lit(horizon, pl.Int32))
        )
    return pl.concat(tables)


def tell_states(windows: Windows, forecaster: Forecaster, *, known: dt.date, fold: int) -> pl.DataFrame:
    """The states of the market that the forecaster's regimes tell, as filtered on each date."""
    shared = with_regimes(windows, forecaster.regimes, forecaster.features).shared
    dates = pl.Series("date", windows.sessions, dtype=pl.Date)
    schema = {"known": pl.Date, "date": pl.Date, "fold": pl.Int32, "name": pl.String, "value": pl.Float64}
    parts = [
        pl.DataFrame({"date": dates, "value": value_T.astype(float)}).select(
            known=pl.max_horizontal("date", pl.lit(known)),
            date="date",
            fold=pl.lit(fold, pl.Int32),
            name=pl.lit(name),
            value="value",
        )
        for name, value_T in shared.items()
    ]
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def tell_learned(
    forecaster: Forecaster, *, known: dt.date, fold: int, family: str
) -> dict[str, pl.DataFrame]:
    """All that a fit has learned, by stage: the chosen features, the scaler, regimes, parameters, calibration. Of
    several that answer as one, what each has learned stands under its own place and family."""
    alone = len(forecaster.components) == 1
    parts = [
        _tell_component(one, (known, family if alone else f"{place}. {one.spec.told}", fold))
        for place, one in enumerate(forecaster.components, start=1)
    ]
    calibration = {
        name.rpartition("_")[0] or name: np.atleast_1d(np.asarray(value, dtype=float))
        for name, value in vars(forecaster.calibration).items()
        if name != "until"
    }
    if not alone:
        calibration |= {
            f"size {place}": one.size_H for place, one in enumerate(forecaster.components, start=1)
        }
    rows = [row for name, values in calibration.items() for row in _rows(name, values, ())]
    learned = {stage: pl.concat([part[stage] for part in parts]) for stage in parts[0]}
    return learned | {"calibration": _table((known, family, fold), rows)}


def _tell_component(component: Component, place: tuple[dt.date, str, int]) -> dict[str, pl.DataFrame]:
    regimes = component.regimes.model_dump() if component.regimes else {}
    scalers, parameters = [], []
    for number, member in enumerate(component.members):
        tickers = member.facts().get("facts", {}).get("tickers", ())
        for name, part in member.arrays().items():
            scales = name.rpartition(".")[2] in SCALING
            labels = component.features if scales else (*tickers, "others") if tickers else ()
            rows = _rows(f"{number}.{name}", part, labels)
            (scalers if scales else parameters).extend(rows)
    return {
        "feature choice": _table(
            place, [(one.feature, what, value, one.group) for one in component.choice
                    for what, value in (("ic", one.ic), ("stability", one.stability))]
        ),
        "scaler": _table(place, scalers),
        "regimes": _table(
            place, [(name, part, value, None) for name, state in regimes.items() for part, value in state.items()]
        ),
        "parameters": _table(place, parameters),
    }  # fmt: skip


def tell_forecasts(forecasts: pl.DataFrame, family: str) -> pl.DataFrame:
    """What was said on each date; what came, and the fold, are no part of it."""
    beside = [name for name in ("realized", "fold", "split", "model", "version") if name in forecasts.columns]
    return forecasts.drop(beside).with_columns(family=pl.lit(family))


def _key(windows: Windows, ticker: np.ndarray, session: np.ndarray) -> dict[str, pl.Series]:
    return {
        "ticker": pl.Series(windows.tickers, dtype=pl.String).gather(ticker),
        "date": pl.Series(windows.sessions, dtype=pl.Date).gather(session),
    }


def _rows(
    name: str, values: np.ndarray, labels: tuple[str, ...]
) -> Iterator[tuple[str, str, float, str | None]]:
    """One row per entry of the first axis: the number itself or, of many, their sum and a digest of every bit. What
    is kept under a newcomer's own name is new by right."""
    for place, part in enumerate(np.atleast_1d(values)):
        label = labels[place] if len(labels) == len(values) else str(place)
        if label != NEWCOMER:
            many = np.ndim(part) > 0
            digest = hashlib.sha256(np.ascontiguousarray(part).tobytes()).hexdigest()[:12] if many else None
            yield name, label, float(np.sum(part, dtype=np.float64)), digest


def _table(place: tuple[dt.date, str, int], rows: list[tuple]) -> pl.DataFrame:
    return pl.DataFrame([(*place, *row) for row in rows], schema=LEARNED, orient="row")
