"""Keeps what was asked and what came of it: the terms of each claim, and a row for each date that was scored. Both are
only added to; the evidence is a function of the rows, so that to look twice changes nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import polars as pl

from ml_core.data.order import Order
from ml_core.data.store import tables
from ml_core.frames import conform
from ml_core.home.bucket import Place
from ml_core.live.terms import TERMS, LiveTerms

PLACE = ["line", "claim", "horizon"]
# One date: what `version` said on `as_of`, whose outcome was known on `known` from that version of the store. `counted`
# is the difference within the bound; after it, and all before it, the mean lay from `low` to `high`.
LIVE = {
    "line": pl.String, "claim": pl.String, "horizon": pl.Int32, "as_of": pl.Date, "known": pl.Date,
    "version": pl.String, "rows": pl.Int32, "data_version": pl.Int64, "difference": pl.Float64,
    "counted": pl.Float64, "mean": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "better": pl.Float64, "refuted": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class LiveLedger:
    """Of one model."""

    folder: Place

    def terms(self) -> list[LiveTerms]:
        """In the order in which lines came to be watched."""
        rows = _read(self.folder / "terms", TERMS).sort("number", "claim", "horizon")
        return [LiveTerms(**row) for row in rows.iter_rows(named=True)]

    def add_terms(self, terms: list[LiveTerms]) -> None:
        rows = pl.DataFrame([asdict(one) for one in terms], schema=TERMS)
        tables.merge(self.folder / "terms", rows, PLACE, ignore=tuple(set(TERMS) - set(PLACE)))

    def scores(self) -> pl.DataFrame:
        """LIVE, in the order of time."""
        return _read(self.folder / "scores", LIVE).sort(*PLACE, "as_of")

    def add_scores(self, rows: pl.DataFrame) -> None:
        key = [*PLACE, "as_of"]
        tables.merge(self.folder / "scores", conform(rows, LIVE, "live"), key, ignore=_rest(key))


def open_ledger(order: Order) -> LiveLedger:
    return LiveLedger(order.home.live(order.name))


def _rest(key: list[str]) -> tuple[str, ...]:
    """What stands there already stands for ever."""
    return tuple(name for name in LIVE if name not in key)


def _read(folder: Place, schema: dict) -> pl.DataFrame:
    rows, blank = tables.read(folder), pl.DataFrame(schema=schema)
    if rows is None:
        return blank
    return conform(pl.concat([blank, tables.gather(rows, folder)], how="diagonal"), schema, "live")
