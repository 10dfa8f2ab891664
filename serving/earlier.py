"""Puts what was said of a ticker before beside what came: the forecast of each past session at one horizon, by a
version that had not learned from that session."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from serving.as_of import AsOf

SIDES = {"mean": "price", "lower": "lower", "upper": "upper"}


@dataclass(frozen=True)
class EarlierForecasts:
    """A row a forecast that has come due: the date it was about, the price it expected with its range, and what
    came."""

    horizon: int
    rows: pl.DataFrame

    @property
    def held(self) -> int:
        """How many ended inside the range that was said."""
        inside = pl.col("came").is_between(pl.col("lower"), pl.col("upper"))
        return self.rows.filter(inside).height


def look_back(
    seen: AsOf, ticker: str, history: pl.DataFrame, horizon: int, *, since: dt.date
) -> EarlierForecasts:
    """The forecasts that came due from a date on and until the session that is looked from. `history` holds the
    ticker's sessions with their closes in the units of the chart."""
    weekly = seen.served.forecaster.spec.task.frequency == "weekly"
    closes = history.filter(pl.col("date") <= seen.as_of).select("date", "close").sort("date")
    unlearned = pl.col("as_of") >= seen.served.succession[0][0]
    said = seen.recent.filter((pl.col("ticker") == ticker) & (pl.col("horizon") == horizon) & unlearned)
    outcomes = closes.select(due="date", came="close")
    begun = said.select("as_of", *SIDES).join(closes, left_on="as_of", right_on="date")
    if weekly:
        asked = begun.with_columns(asked=pl.col("as_of") + pl.duration(weeks=horizon)).sort("asked")
        due = asked.filter(pl.col("asked") <= seen.as_of).join_asof(outcomes, left_on="asked", right_on="due")
    else:
        ahead = closes.select(as_of="date", due=pl.col("date").shift(-horizon))
        due = begun.join(ahead, on="as_of").join(outcomes, on="due")
    prices = [(pl.col("close") * pl.col(name).exp()).alias(SIDES[name]) for name in SIDES]
    rows = due.filter(pl.col("due") >= since).sort("due").select("due", *prices, "came")
    return EarlierForecasts(horizon, rows)
