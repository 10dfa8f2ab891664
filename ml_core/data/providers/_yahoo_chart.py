"""Reads an answer of Yahoo's chart endpoint into bars of one ticker, each on the date of its session."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from ml_core.frames import BARS, conform

PRICES = ("open", "high", "low", "close")
FUNDS = ("MUTUALFUND", "ETF")
NO_ACTION = {"dividend": pl.lit(0.0), "split": pl.lit(1.0), "gain": pl.lit(0.0)}
BASIS = pl.lit("split_adjusted")
HOUR = 3600
TOLD = {
    "volume": pl.col("volume").fill_null(0.0), "dividend": NO_ACTION["dividend"], "split": NO_ACTION["split"],
    "basis": BASIS,
}  # fmt: skip
COLUMNS = tuple(TOLD.get(name, pl.col(name)).alias(name) for name in BARS if name != "ticker")
EVENTS = {"dividends": "dividend", "splits": "split", "capitalGains": "gain"}


def to_bars(result: Mapping[str, Any], ticker: str) -> pl.DataFrame:
    """BARS as Yahoo serves them: past splits are in the prices, dividends are not."""
    zone = result["meta"]["exchangeTimezoneName"]
    rows = _rows(result, zone)
    if not rows["stamp"].is_sorted():
        rows = rows.sort("stamp", maintain_order=True)
    bars = rows.select(pl.lit(ticker).alias("ticker"), *COLUMNS)
    if bars["date"].n_unique() < bars.height:
        # A last price that Yahoo appends is a second row of that day, and the newer one.
        bars = bars.unique("date", keep="last", maintain_order=True)
    if not result.get("events"):
        return bars
    paid = _with_actions(bars.with_columns(gain=NO_ACTION["gain"]), _actions(result, zone))
    if result["meta"].get("instrumentType") in FUNDS and (paid["gain"] > 0).any():
        paid = paid.with_columns(dividend=pl.Series(_paid(paid)))
    named = paid.with_columns(ticker=pl.lit(ticker), basis=BASIS)
    return conform(named, BARS, f"yahoo {ticker}")


def _rows(result: Mapping[str, Any], zone: str) -> pl.DataFrame:
    """The answer's lists beside each other, each with its `stamp` and the date of its session."""
    quote = result["indicators"]["quote"][0]
    adjusted = result["indicators"].get("adjclose") or [{}]
    told = {name: quote[name] for name in (*PRICES, "volume")}
    told["adj_close"] = adjusted[0].get("adjclose") or [None] * len(quote["close"])
    numbers = (pl.Series(name, values, pl.Float64, strict=False) for name, values in told.items())
    return pl.DataFrame([*_sessions(tuple(result.get("timestamp") or ()), zone), *numbers])


@lru_cache(8)
def _sessions(stamps: tuple[int, ...], zone: str) -> pl.DataFrame:
    """Stamps and their dates. Tickers of one exchange are stamped alike, so that one of them tells for all."""
    given = pl.DataFrame(pl.Series("date", stamps, pl.Int64))
    return given.select(_session(zone), stamp="date").select("stamp", "date")


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
