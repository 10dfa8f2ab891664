"""Prepares the rows that a model learns from and is scored on, just as it sees them, to be exported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ml_core.features.scaling import Scaler, fit_scaler
from ml_core.panel.layout import lay_out
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import RunSpec
from ml_core.training.choice import choose_inputs


@dataclass(frozen=True)
class Processed:
    """One row per part, ticker and session: scaled features, then for each horizon the target in units of the
    volatility known that day, that unit, and the log return itself."""

    split: Split
    table: pl.DataFrame
    features: tuple[str, ...]
    scaler: Scaler


def process(spec: RunSpec, windows: Windows, split: Split) -> Processed:
    """Features chosen and scaled on the training dates of the split, as a fit of this spec does."""
    inputs, reading = choose_inputs(spec, windows, split.train), spec.reading
    windows = inputs.windows
    layout = lay_out(windows, inputs.features, layout=reading.layout, lookback=reading.lookback)
    learn_ST = layout.usable_ST & windows.rows(split.train)
    scaler = fit_scaler(layout.x_STF.numpy(), learn_ST, reading.features.scaling)
    x_NTF = layout.per_ticker(scaler.scale(layout.x_STF.numpy()))
    parts = {"train": split.train, "validation": split.validation, split.name: split.test}
    usable_NT = windows.usable(reading.lookback)
    tables = [
        _rows(windows, usable_NT & windows.rows(span), x_NTF, inputs.features, part=part)
        for part, span in parts.items()
    ]
    return Processed(split, pl.concat(tables), inputs.features, scaler)


def _rows(
    windows: Windows, rows_NT: np.ndarray, x_NTF: np.ndarray, features: tuple[str, ...], *, part: str
) -> pl.DataFrame:
    ticker, session = np.nonzero(rows_NT)
    columns = {name: x_NTF[ticker, session, place] for place, name in enumerate(features)}
    for place, horizon in enumerate(windows.horizons):
        target_R, unit_R = (values[ticker, session, place] for values in (windows.y_NTH, windows.unit_NTH))
        columns |= {
            f"target_{horizon}": target_R,
            f"unit_{horizon}": unit_R,
            f"return_{horizon}": target_R * unit_R,
        }
    return pl.DataFrame(
        {
            "part": pl.Series([part] * len(ticker), dtype=pl.String),
            "ticker": pl.Series(windows.tickers, dtype=pl.String).gather(ticker),
            "date": np.asarray(windows.sessions, dtype="datetime64[D]")[session],
            **columns,
        },
        schema_overrides={"date": pl.Date},
    ).with_columns(pl.selectors.float().fill_nan(None))
