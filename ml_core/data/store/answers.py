"""Keeps what each ticker of a source was asked for and how it answered, with what is stored of it since."""

from dataclasses import dataclass

import polars as pl

from ml_core.data.store import tables
from ml_core.home.bucket import Place

# `whole_at`: when the ticker was last fetched from where it was ever asked from; `empty_days`: on how many days in a
# row nothing came of it, lastly on `empty_at`.
ANSWERS = {
    "ticker": pl.String, "status": pl.String, "reason": pl.String, "asked_from": pl.Date,
    "first": pl.Date, "last": pl.Date, "rows": pl.Int64, "quarantined": pl.Int64, "repaired": pl.Int64,
    "refreshed_at": pl.Datetime("us", "UTC"), "judged_by": pl.String, "whole_at": pl.Date,
    "empty_days": pl.Int64, "empty_at": pl.Date,
}  # fmt: skip


@dataclass(frozen=True)
class AnswerTable:
    """One row per ticker ever asked for, in one folder."""

    folder: Place

    def read(self) -> pl.DataFrame:
        """ANSWERS, by ticker."""
        rows = tables.read(self.folder)
        if rows is None:
            return pl.DataFrame(schema=ANSWERS)
        blank = pl.DataFrame(schema=ANSWERS)  # a table that was written before a column came
        return pl.concat([blank, tables.gather(rows, self.folder)], how="diagonal").sort("ticker")

    def write(self, rows: pl.DataFrame) -> None:
        """That it was asked once more, and nothing is otherwise, makes no new version."""
        tables.merge(self.folder, rows, ["ticker"], ignore=("refreshed_at",))
