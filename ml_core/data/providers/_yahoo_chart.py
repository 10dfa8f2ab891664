"""Reads an answer of Yahoo's chart endpoint into bars of one ticker, each on the date of its session."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from ml_core.frames import BARS, conform

PRICES = ("open", "high", "low", "close")
FUNDS = ("MUTUALFUND", "ETF")
NO_ACTION = {"dividend": pl.lit(0.0), "split": pl.lit(1.0), "gain": pl.lit(0.0)}
PLAIN = {"dividend": 0.0, "split": 1.0, "basis": "split_adjusted"}
BASIS = pl.lit(PLAIN["basis"])
HOUR = 3600
EVENTS = {"dividends": "dividend", "splits": "split", "capitalGains": "gain"}


def to_bars(result: Mapping[str, Any], ticker: str) -> pl.DataFrame:
    """BARS as Yahoo serves them: past splits are in the prices, dividends are not."""
    zone = result["meta"]["exchangeTimezoneName"]
    sessions = _sessions(tuple(result.get("timestamp") or ()), zone)
    bars = pl.DataFrame(_columns(result, sessions, ticker))
    if not sessions.in_order:
        bars = bars[sessions.order]
    if not sessions.once:
        # A last price that Yahoo appends is a second row of that day, and the newer one.
        bars = bars.unique("date", keep="last", maintain_order=True)
    if not result.get("events"):
        return bars
    paid = _with_actions(bars.with_columns(gain=NO_ACTION["gain"]), _actions(result, zone))
    if result["meta"].get("instrumentType") in FUNDS and (paid["gain"] > 0).any():
        paid = paid.with_columns(dividend=pl.Series(_paid(paid)))
    named = paid.with_columns(ticker=pl.lit(ticker), basis=BASIS)
    return conform(named, BARS, f"yahoo {ticker}")


@dataclass(frozen=True)
class Sessions:
    """The dates of an answer's rows as they came; `order`: the rows by their stamps; `once`: no date twice."""

    dates: pl.Series
    order: list[int]
    in_order: bool
    once: bool


def _columns(result: Mapping[str, Any], sessions: Sessions, ticker: str) -> list[pl.Series]:
    """The answer's lists as columns of BARS. They are laid side by side and not selected: a query costs a
    millisecond, and there is one answer a ticker."""
    count = len(sessions.dates)
    quote = result["indicators"]["quote"][0]
    adjusted = (result["indicators"].get("adjclose") or [{}])[0].get("adjclose") or [None] * count
    volume = [value or 0.0 for value in quote["volume"]] if None in quote["volume"] else quote["volume"]
    lists = {name: quote[name] for name in PRICES} | {"volume": volume, "adj_close": adjusted}
    told = {name: pl.Series(name, values, pl.Float64, strict=False) for name, values in lists.items()}
    told |= {name: pl.Series(name, [value]).new_from_index(0, count) for name, value in PLAIN.items()}
    named = pl.Series("ticker", [ticker]).new_from_index(0, count)
    return [{"ticker": named, "date": sessions.dates, **told}[name] for name in BARS]


@lru_cache(8)
def _sessions(stamps: tuple[int, ...], zone: str) -> Sessions:
    """Tickers of one exchange are stamped alike, so that one of them tells for all."""
    given = pl.DataFrame(pl.Series("date", stamps, pl.Int64))
    dates, order = given.select(_session(zone))["date"], sorted(range(len(stamps)), key=stamps.__getitem__)
    return Sessions(dates, order, in_order=given["date"].is_sorted(), once=dates.n_unique() == len(dates))


def _session(zone: str) -> pl.Expr:
    """The date at the exchange. Yahoo stamps some midnights with the clock of the other half of the year: an hour
    or two before midnight is the day that follows."""
    moment = pl.from_epoch("date").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    local = moment.dt.replace_time_zone(None).dt.epoch("s")
    on_the_hour = (local % HOUR < 60).cast(pl.Int64)
    return ((local + 2 * HOUR * on_the_hour) // (24 * HOUR)).cast(pl.Int32).cast(pl.Date).alias("date")


def _actions(result: Mapping[str, Any], zone: str) -> pl.DataFrame:
    told = [
        (
            event["date"],
            EVENTS[kind],
            event["numerator"] / event["denominator"] if kind == "splits" else event["amount"],
        )
        for kind, events in (result.get("events") or {}).items()
        if kind in EVENTS
        for event in events.values()
        if kind != "splits" or event["denominator"]
    ]
    schema = {"date": pl.Int64, "what": pl.String, "amount": pl.Float64}
    return pl.DataFrame(told, schema=schema, orient="row").with_columns(_session(zone))


def _with_actions(rows: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Each action on the bar of its day, or on the next one. Behind the last bar it makes a row without prices, of
    which the checks know that its action stays to be paid; before the first one it concerns nobody."""
    actions = actions.filter(pl.col("date") >= rows["date"].min()) if rows.height else actions.clear()
    if actions.is_empty():
        return rows
    behind = actions.filter(pl.col("date") > rows["date"].max()).select(pl.col("date").unique())
    rows = pl.concat([rows, behind.with_columns(volume=0.0)], how="diagonal").sort("date")
    placed = actions.sort("date").join_asof(
        rows.select("date", day="date"), on="date", strategy="forward", check_sortedness=False
    )
    of = {name: pl.col("amount").filter(pl.col("what") == name) for name in NO_ACTION}
    paid = placed.group_by(date="day").agg(
        dividend=of["dividend"].sum(), split=of["split"].product(), gain=of["gain"].sum()
    )
    joined = rows.drop(NO_ACTION.keys()).join(paid, on="date", how="left", maintain_order="left")
    filled = joined.with_columns(pl.col(name).fill_null(none) for name, none in NO_ACTION.items())
    return filled.with_columns(split=pl.when(pl.col("split") > 0).then("split").otherwise(1.0))


def _paid(rows: pl.DataFrame) -> np.ndarray:
    """A fund's distribution. Capital gains stand beside dividends, or in them already: the adjusted close
    tells which, and where it does not, the smaller sum is taken."""
    dividend, gains, close, adjusted = (
        rows[name].to_numpy().astype(float) for name in ("dividend", "gain", "close", "adj_close")
    )
    both = dividend + gains
    moved = np.ones_like(close)
    with np.errstate(all="ignore"):
        moved[1:] = (adjusted[:-1] / close[:-1]) / (adjusted[1:] / close[1:])
        told = (1 - moved) * np.concatenate([[np.nan], close[:-1]])
    nearer_both = np.abs(told - both) < np.abs(told - np.maximum(dividend, gains))
    return np.where(nearer_both, both, np.maximum(dividend, gains))
