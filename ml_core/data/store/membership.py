"""Keeps in the store who belonged to a universe and when, and tells who is in on each date and what leaving
returned. Without it, only survivors would be traded.

That a ticker joins is a fact of its first day, that it left one of the day after its last: so a row of prices knows of
its own date and earlier ones only.
"""

import datetime as dt
from collections.abc import Iterable

import polars as pl

from ml_core.data.store.bars import FACTS, PARTED
from ml_core.data.store.store import Store
from ml_core.spec.experiment import Experiment
from ml_core.spec.membership import Membership, read_members

IN, OUT = 1.0, 0.0
MEMBER, DELISTING = "member", "delisting"
DAY = dt.timedelta(days=1)


def members_topic(experiment: Experiment) -> str | None:
    """Under which name the store holds the membership; another file is another one."""
    path = experiment.universe.members
    return None if path is None else f"members/{experiment.name}/{path.name}"


def read_spans(experiment: Experiment) -> pl.DataFrame:
    """FACTS of the experiment's file of members; none where it names none."""
    path = experiment.universe.members
    return pl.DataFrame(schema=FACTS) if path is None else tell_members(read_members(path))


def tell_members(spans: Iterable[Membership]) -> pl.DataFrame:
    """FACTS: TICKER/member is 1 from a date on, or 0; TICKER/delisting a return."""
    spans = tuple(spans)
    begins = {(span.ticker, span.first) for span in spans}
    rows = []
    for span in spans:
        rows.append((f"{span.ticker}{PARTED}{MEMBER}", span.first, IN, None))
        if span.last and (span.ticker, span.last + DAY) not in begins:
            rows.append((f"{span.ticker}{PARTED}{MEMBER}", span.last + DAY, OUT, None))
        if span.delisting is not None:
            rows.append((f"{span.ticker}{PARTED}{DELISTING}", span.first, span.delisting, None))
    return pl.DataFrame(rows, schema=FACTS, orient="row")


def stored_members(experiment: Experiment, store: Store, version: int | None) -> pl.DataFrame:
    """What the last refresh up to that version read of the file; the file is not looked at."""
    file = f"universe.members {experiment.universe.members}"
    return store.read_told(members_topic(experiment), version, file=file, experiment=experiment.name)


def join_members(prices: pl.DataFrame, experiment: Experiment, members: pl.DataFrame) -> pl.DataFrame:
    """Prices with `member`, whether the ticker is in on the date, where a file says so; and with `delisting`, the
    return on the session after the last bar, where one is stated for any ticker."""
    ticker, kind = (pl.col("name").str.extract(f"^([^{PARTED}]+){PARTED}(.+)$", group) for group in (1, 2))
    told = members.select("date", "value", ticker=ticker, kind=kind)
    if experiment.universe.members is not None:
        events = told.filter(kind=pl.lit(MEMBER)).sort("ticker", "date")
        events = events.select("ticker", "date", member=pl.col("value") > OUT)
        joined = prices.join_asof(events, on="date", by="ticker", strategy="backward", check_sortedness=False)
        prices = joined.with_columns(pl.col("member").fill_null(value=False))
    stated = told.filter(kind=pl.lit(DELISTING)).sort("date").select("ticker", "value").iter_rows()
    delisting = {**dict(stated), **experiment.universe.delisting}
    if not delisting:
        return prices
    given = pl.col("ticker").replace_strict(delisting, default=None, return_dtype=pl.Float64)
    return prices.with_columns(delisting=given.clip(lower_bound=-1.0))
