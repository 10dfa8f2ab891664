"""Turns scored rows into sorted arrays for the metrics, without those whose outcome is not known yet, and refuses
rows that cannot be scored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ml_core.errors import InvalidData
from ml_core.frames import Array

KEY = ["ticker", "as_of", "horizon"]
VALUES = ("mean", "realized", "lower", "upper", "scale")
CROSS_SECTION = 5  # a date with fewer tickers has no cross-section worth a correlation


@dataclass(frozen=True)
class ScoredRows:
    """The rows that have an outcome, sorted by horizon, date and ticker.

    A session is one (horizon, as_of), a series one (horizon, ticker).
    """

    values: dict[str, Array]
    starts: NDArray[np.int64]
    session: NDArray[np.int64]
    series: NDArray[np.int64]
    order: NDArray[np.int64]  # the place of each row in the frame that was given
    given: int

    @property
    def sessions(self) -> int:
        return len(self.starts)

    @property
    def counts(self) -> Array:
        """Rows of each session."""
        return np.diff(self.starts, append=len(self.session)).astype(float)

    @property
    def left_out(self) -> int:
        """Rows whose outcome is not known."""
        return self.given - len(self.session)

    @property
    def cross_section(self) -> bool:
        """Whether most dates have enough tickers to be compared with one another."""
        return bool(self.sessions) and float(np.mean(self.counts >= CROSS_SECTION)) >= 0.5

    def __getitem__(self, name: str) -> Array:
        return self.values[name]

    def by_session(self, values: Array) -> Array:
        """The sum of the values at each session."""
        return np.add.reduceat(values, self.starts) if len(values) else np.zeros(0)

    def with_forecast(self, values: dict[str, Array]) -> ScoredRows:
        """The same rows and outcomes under another forecast."""
        return replace(self, values={**values, "realized": self.values["realized"]})


def rows_of(scored: pl.DataFrame) -> ScoredRows:
    """The rows with an outcome, as arrays; a forecast that is no number, or stands twice, is refused."""
    missing = [column for column in (*KEY, "mean", "realized") if column not in scored.columns]
    if missing:
        has = ", ".join(scored.columns)
        raise InvalidData(f"scored rows: missing column {', '.join(missing)}; they have {has}")
    tickers = pl.Enum(scored["ticker"].unique().drop_nulls().sort())
    present = [name for name in VALUES if name in scored.columns]
    table = (
        scored.select(*KEY, *(pl.col(name).cast(pl.Float64) for name in present))
        .with_row_index("order")
        .with_columns(pl.col("ticker").cast(tickers))
        .filter(pl.col("realized").is_not_null() & pl.col("realized").is_not_nan())
        .sort("horizon", "as_of", "ticker")
    )
    _check(table)
    new_horizon, new_date = (_changes(table[name]) for name in ("horizon", "as_of"))
    starts = np.flatnonzero(new_horizon | new_date)
    horizon = np.cumsum(new_horizon) - 1
    return ScoredRows(
        values={name: table[name].fill_null(np.nan).to_numpy() for name in present},
        starts=starts,
        session=np.cumsum(new_horizon | new_date) - 1,
        series=horizon * len(tickers.categories) + table["ticker"].to_physical().to_numpy().astype(np.int64),
        order=table["order"].to_numpy().astype(np.int64),
        given=scored.height,
    )


def _changes(column: pl.Series) -> NDArray[np.bool_]:
    return column.to_physical().diff().fill_null(1).to_numpy() != 0


def _check(table: pl.DataFrame) -> None:
    bad = table.filter(~pl.col("mean").is_finite().fill_null(value=False))
    if bad.height:
        raise InvalidData(f"scored rows: {bad.height} without a finite mean, first {bad.select(KEY).row(0)}")
    twice = table.filter(pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in KEY))
    if twice.height:
        raise InvalidData(f"scored rows: {twice.height} share a key, first {twice.select(KEY).row(0)}")
