"""Says what forecasts mean for people: per ticker the dates ahead, the changes and the prices."""

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from ml_core.claims.verdict import ClaimVerdict, proven_at
from ml_core.data.calendar import sessions_between
from ml_core.registry.scores import FanRow
from serving.messages import HorizonForecast, InnerRange, TickerForecast

SIDES = {"mean": "", "lower": "_lower", "upper": "_upper"}


def build_outlook(
    table: pl.DataFrame,
    close: Mapping[str, float],
    ahead: Mapping[int, dt.date],
    *,
    priced: bool,
    claims: Sequence[ClaimVerdict] = (),
    fan: Sequence[FanRow] = (),
) -> list[TickerForecast]:
    """One entry per ticker of the table. `priced`: the target is a return, so a price follows from it."""
    by_ticker: dict[str, list[dict[str, Any]]] = {}
    for row in table.sort("ticker", "horizon").iter_rows(named=True):
        by_ticker.setdefault(row["ticker"], []).append(row)
    return [
        TickerForecast(
            ticker=ticker,
            as_of=rows[0]["as_of"],
            last_close=close[ticker],
            forecasts=[
                _horizon(
                    row,
                    ahead,
                    close[ticker] if priced else None,
                    proven_at(claims, row["horizon"]),
                    [one for one in fan if one.horizon == row["horizon"]],
                )
                for row in rows
            ],
        )
        for ticker, rows in by_ticker.items()
    ]


def dates_ahead(
    as_of: dt.date, horizons: Sequence[int], *, calendar: str, frequency: str
) -> dict[int, dt.date]:
    """The session of each horizon: by the exchange's calendar, or the Friday of the week."""
    if frequency == "weekly":
        friday = as_of + dt.timedelta(days=4 - as_of.weekday())
        return {horizon: friday + dt.timedelta(weeks=horizon) for horizon in horizons}
    years = math.ceil(max(horizons) / 240) + 1
    sessions = _sessions(calendar, as_of.year, as_of.year + years)
    first = bisect_right(sessions, as_of)
    return {horizon: sessions[first + horizon - 1] for horizon in horizons}


@lru_cache(maxsize=64)
def _sessions(calendar: str, first: int, last: int) -> list[dt.date]:
    start, end = dt.date(first, 1, 1), dt.date(last, 12, 31)
    try:
        return sessions_between(calendar, start, end)
    except ValueError:  # the exchange has not published its holidays that far
        return sessions_between("data", start, end)


def _horizon(
    row: Mapping[str, Any],
    ahead: Mapping[int, dt.date],
    close: float | None,
    proven: list[str],
    fan: Sequence[FanRow],
) -> HorizonForecast:
    values = {}
    for name, suffix in SIDES.items():
        known = row[name] is not None and close is not None
        values[f"change{suffix}"] = math.expm1(row[name]) if known else None
        values[f"price{suffix}"] = (close or 0.0) * math.exp(row[name]) if known else None
    own = {name: row[name] for name in ("horizon", "mean", "lower", "upper", "scale")}
    known = None not in (row["mean"], row["lower"], row["upper"])
    inner = [_inside(row, one, close) for one in fan] if known else []
    return HorizonForecast.model_validate(
        {**own, **values, "date": ahead[row["horizon"]], "inner": inner, "proven": proven}
    )


def _inside(row: Mapping[str, Any], one: FanRow, close: float | None) -> InnerRange:
    """So much of the reach to either side."""
    lower, upper = (row["mean"] + one.share * (row[side] - row["mean"]) for side in ("lower", "upper"))
    price_lower, price_upper = (close * math.exp(side) if close else None for side in (lower, upper))
    return InnerRange(
        level=one.level, lower=lower, upper=upper, price_lower=price_lower, price_upper=price_upper
    )
