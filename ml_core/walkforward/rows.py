"""Makes the rows that are scored: each session of a test span, its forecast beside what came, and its volatility."""

from __future__ import annotations

import numpy as np
import polars as pl

from ml_core.evaluation.coverage import STATES
from ml_core.forecaster.forecaster import Forecaster
from ml_core.frames import SCORED, conform
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows


def forecast_split(forecaster: Forecaster, windows: Windows, split: Split) -> pl.DataFrame:
    """SCORED rows of the test span: every session of it, each beside what came."""
    windows = forecaster.narrow(windows)
    rows_NT = windows.usable(forecaster.lookback) & windows.rows(split.test)
    realized = windows.to_table(rows_NT, realized=windows.y_NTH.astype(float) * windows.unit_NTH)
    forecasts = forecaster.forecast(windows, rows_NT).with_columns(
        realized["realized"], fold=pl.lit(split.fold), split=name_part(split)
    )
    return conform(forecasts, SCORED, "forecasts")


def name_part(split: Split) -> pl.Expr:
    """Which part of the evidence a row of the test belongs to: the split's own name, or a path's."""
    named = pl.lit(split.name)
    for path, span in split.paths:
        named = pl.when(pl.col("as_of").is_between(span.start, span.end)).then(pl.lit(path)).otherwise(named)
    return named


def tell_volatility(windows: Windows, split: Split) -> pl.DataFrame:
    """(ticker, as_of, volatility) of the test span: how the volatility known at each close stands among those of the
    ticker's training dates, or of all tickers' where it has none."""
    unit_NT, train_T = windows.unit_NTH[:, :, 0], windows.rows(split.train)
    learned_NT = np.where(windows.open_NT & train_T, unit_NT, np.nan)
    own = [learned_T[np.isfinite(learned_T)] for learned_T in learned_NT]
    cuts_NC = np.array([np.quantile(one if len(one) else np.concatenate(own), (1 / 3, 2 / 3)) for one in own])
    ticker, session = np.nonzero(windows.open_NT & windows.rows(split.test))
    state = (unit_NT[ticker, session, None] > cuts_NC[ticker]).sum(axis=1)
    return pl.DataFrame(
        {
            "ticker": pl.Series(windows.tickers, dtype=pl.String).gather(ticker),
            "as_of": np.asarray(windows.sessions, dtype="datetime64[D]")[session],
            "volatility": pl.Series(STATES, dtype=pl.String).gather(state),
        },
        schema_overrides={"as_of": pl.Date},
    )
