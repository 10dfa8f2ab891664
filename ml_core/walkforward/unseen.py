"""Forecasts, beside what came, every session that a registered version did not learn from. `backtest` trades them.

A version that was fitted again has learned from most of its past. Those sessions are forecast by the earlier versions
that it was fitted from (see `ml_core/registry/lineage.py`), each one's own unseen sessions by itself.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from ml_core.errors import NotEnoughData
from ml_core.panel.splits import Span, Split
from ml_core.registry.lineage import ancestry
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.walkforward.rows import forecast_split

DAY = dt.timedelta(days=1)


def first_unseen(registry: Registry, registered: ModelVersion) -> dt.date:
    """The first session that can be scored: the beginning of the holdout on which it, or the oldest of whom it was
    fitted again from, was judged."""
    return ancestry(registry, registered)[0].evidence.unseen


def forecast_unseen(registry: Registry, registered: ModelVersion, prices: pl.DataFrame) -> pl.DataFrame:
    """SCORED rows of all these sessions, as `holdout`."""
    line, last = ancestry(registry, registered), prices["date"].max()
    assert isinstance(last, dt.date)
    begins = [one.evidence.unseen for one in line]
    if last < begins[0]:
        raise NotEnoughData(
            f"prices end on {last}, before the holdout of version {line[0].version} begins on {begins[0]}"
        )
    ends = [begin - DAY for begin in begins[1:]] + [last]
    parts = [
        _forecast(registry, one, prices, Span(begin, min(end, last)))
        for one, begin, end in zip(line, begins, ends, strict=True)
        if begin <= min(end, last)
    ]
    return pl.concat(parts).sort("ticker", "as_of", "horizon")


def _forecast(registry: Registry, one: ModelVersion, prices: pl.DataFrame, span: Span) -> pl.DataFrame:
    forecaster, evidence = registry.load(one), one.evidence
    learned = Span(evidence.trained.start, evidence.trained.end)
    return forecast_split(forecaster, forecaster.read(prices), Split(0, learned, learned, span, "holdout"))
