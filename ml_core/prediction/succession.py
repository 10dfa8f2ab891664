"""Forecasts past sessions with a version and the earlier ones that it was fitted again from. A version knows the
sessions it learned from, so each session is forecast by the youngest version that had not learned from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TypeAlias

import polars as pl

from ml_core.forecaster.forecaster import Forecaster
from ml_core.registry.lineage import ancestry
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry

# The first session that each answers, and its forecaster; the oldest first.
Succession: TypeAlias = Sequence[tuple[dt.date, Forecaster]]
DAY = dt.timedelta(days=1)


def load_succession(
    registry: Registry, registered: ModelVersion, forecaster: Forecaster, *, since: dt.date
) -> Succession:
    """The version's own forecaster, and before it those whom it needs to go back so far; none for one that was judged
    itself."""
    succession = [(registered.evidence.unseen, forecaster)]
    for parent in reversed(ancestry(registry, registered)[:-1]):
        if succession[0][0] <= since:
            break
        succession.insert(0, (parent.evidence.unseen, registry.load(parent)))
    return tuple(succession)


def predict_succession(
    succession: Succession, prices: pl.DataFrame, *, since: dt.date, as_of: dt.date
) -> pl.DataFrame:
    """FORECAST rows of every session of the stretch; what lies before them all is the oldest one's."""
    begins = [since, *(max(begin, since) for begin, _ in succession[1:])]
    ends = [*(begin - DAY for begin in begins[1:]), as_of]
    parts = [
        forecaster.predict(prices, since=begin, as_of=min(end, as_of))
        for begin, end, (_, forecaster) in zip(begins, ends, succession, strict=True)
        if begin <= min(end, as_of)
    ]
    return pl.concat(parts).sort("ticker", "as_of", "horizon")
