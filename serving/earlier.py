"""Puts what was said of a ticker before, or would have been, beside what came: the forecast of each past session at one
horizon, by a version that had not learned from that session. Said is what was written down before its outcome; the rest
is what that version, which was made later or not asked then, says when it is asked of that session now."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from ml_core.data.order import Order
from ml_core.data.store.forecasts import read_forecast
from serving.as_of import AsOf

KEY = ["ticker", "as_of", "horizon", "version"]
SIDES = {"mean": "price", "lower": "lower", "upper": "upper"}


@dataclass(frozen=True)
class EarlierForecasts:
    """A row a forecast that has come due: the date it was about, the price it expected with its range, what came, and
    whether it was `said` before it came."""

    horizon: int
    rows: pl.DataFrame

    def held(self, *, said: bool) -> tuple[int, int]:
        """How many ended inside their range, and of how many: of those that were said, or would have been."""
        own = self.rows.filter(pl.col("said") == said)
        return own.filter(pl.col("came").is_between(pl.col("lower"), pl.col("upper"))).height, own.height


def look_back(
    order: Order, seen: AsOf, ticker: str, history: pl.DataFrame, horizon: int, *, since: dt.date
) -> EarlierForecasts:
    """The forecasts that came due from a date on and until the session that is looked from. `history` holds the
    ticker's sessions with their closes in the units of the chart."""
    weekly = seen.served.forecaster.spec.task.frequency == "weekly"
    closes = history.filter(pl.col("date") <= seen.as_of).select("date", "close").sort("date")
    unlearned = pl.col("as_of") >= seen.served.succession[0][0]
    own = seen.recent.filter((pl.col("ticker") == ticker) & (pl.col("horizon") == horizon) & unlearned)
    said = _as_written(order, own)
    outcomes = closes.select(due="date", came="close")
    begun = said.select("as_of", "said", *SIDES).join(closes, left_on="as_of", right_on="date")
    if weekly:
        asked = begun.with_columns(asked=pl.col("as_of") + pl.duration(weeks=horizon)).sort("asked")
        due = asked.filter(pl.col("asked") <= seen.as_of).join_asof(outcomes, left_on="asked", right_on="due")
    else:
        ahead = closes.select(as_of="date", due=pl.col("date").shift(-horizon))
        due = begun.join(ahead, on="as_of").join(outcomes, on="due")
    prices = [(pl.col("close") * pl.col(name).exp()).alias(SIDES[name]) for name in SIDES]
    rows = due.filter(pl.col("due") >= since).sort("due").select("due", *prices, "came", "said")
    return EarlierForecasts(horizon, rows)


def _as_written(order: Order, asked: pl.DataFrame) -> pl.DataFrame:
    """With `said`: whether the same version wrote it down before its outcome could be known. Then its numbers are those
    that it wrote."""
    kept = read_forecast(order.home, order.name, since=min(asked["as_of"], default=None)).filter("live")
    own = kept.select(*KEY, *(pl.col(name).alias(f"{name}_then") for name in SIDES), said=pl.lit(True))
    numbers = [pl.coalesce(f"{name}_then", name).alias(name) for name in SIDES]
    return asked.join(own, on=KEY, how="left").with_columns(*numbers, pl.col("said").fill_null(False))
