"""Keeps bars as the source gave them, and facts beside them; prices are adjusted when read. One table per source;
every version stays readable."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ml_core.data.store import tables
from ml_core.data.store.tables import Written
from ml_core.errors import InvalidData
from ml_core.frames import BARS, KEYS, PRICES, conform, is_ordered, unique
from ml_core.home.bucket import Place

# What is known beside the bars: a number or a word by name and date. In the table they are rows of `topic/name`, which
# is no ticker, so that one version stands for all that a model has read.
FACTS = {"name": pl.String, "date": pl.Date, "value": pl.Float64, "word": pl.String}
PARTED = "/"
DAYS_A_SESSION = 2  # generously: 7 / 5 and the holidays
IS_BAR = ~pl.col("ticker").str.contains(PARTED, literal=True)


StoredSpan = tuple[
    dt.date, dt.date, int
]  # of one ticker: the first and the last stored date, and how many bars
StoredSpans = Mapping[str, StoredSpan]


@dataclass(frozen=True)
class BarTable:
    """The bars of one source, in one folder."""

    folder: Place

    def write(
        self,
        bars: pl.DataFrame,
        *,
        observed_at: dt.datetime,
        replace: tuple[str, ...] = (),
        drop: pl.DataFrame | None = None,
    ) -> Written:
        """Merge by ticker and date, in one commit. `observed_at` is when a row was first seen as it is.

        Of the tickers in `replace` nothing else is kept: their history is another one now. Nor is a bar whose
        ticker and date stand in `drop`. The adjusted close changes with every dividend to come; alone, no news.
        """
        rows = conform(bars, BARS, "bars")
        rows = rows if is_ordered(rows) else rows.sort(KEYS["bars"])
        rows = rows if is_ordered(rows) else unique(rows, KEYS["bars"], "bars")
        if rows.filter(pl.col("close").is_null()).height:
            raise InvalidData("bars: a close is null; expected only checked bars here")
        return self._merge(rows, observed_at=observed_at, replace=replace, drop=drop)

    def keep(
        self, topic: str, facts: pl.DataFrame, *, observed_at: dt.datetime, whole: bool = False
    ) -> Written:
        """Merge FACTS of a topic by name and date, in one commit; with `whole` nothing else of it is kept."""
        named = topic + PARTED + pl.col("name")
        given = conform(facts, FACTS, topic).select("date", ticker=named, close="value", basis="word")
        rows = pl.concat([pl.DataFrame(schema=BARS), given], how="diagonal")
        replace = {*self._facts(topic)["ticker"], *rows["ticker"]} if whole else ()
        return self._merge(rows, observed_at=observed_at, replace=tuple(sorted(replace)))

    def facts(self, topic: str, *, version: int | None = None) -> pl.DataFrame:
        """FACTS of a topic as a version of the table held them, by name and date."""
        return self._facts(topic, version=version).select(
            pl.col("ticker").str.strip_prefix(topic + PARTED).alias("name"),
            "date",
            pl.col("close").alias("value"),
            pl.col("basis").alias("word"),
        )

    def _facts(self, topic: str, *, version: int | None = None) -> pl.DataFrame:
        # a range, not a prefix: the files' ranges can tell what is outside of it
        after = chr(ord(PARTED) + 1)
        rows = tables.read(self.folder, version=version, within={"ticker": (topic + PARTED, topic + after)})
        if rows is None:
            return pl.DataFrame(schema=BARS)
        inside = pl.col("ticker").str.starts_with(topic + PARTED)
        return tables.gather(rows.filter(inside), self.folder).sort(KEYS["bars"])

    def _merge(
        self,
        rows: pl.DataFrame,
        *,
        observed_at: dt.datetime,
        replace: tuple[str, ...] = (),
        drop: pl.DataFrame | None = None,
    ) -> Written:
        stamped = rows.with_columns(observed_at=pl.lit(observed_at, dtype=pl.Datetime("us", "UTC")))
        ignore = ("observed_at", "adj_close")
        return tables.merge(self.folder, stamped, KEYS["bars"], ignore=ignore, replace=replace, drop=drop)

    def prices(
        self,
        tickers: tuple[str, ...] = (),
        *,
        until: dt.date | None = None,
        version: int | None = None,
    ) -> pl.DataFrame:
        """PRICES of these tickers (default all) as a version of the table held them."""
        return adjust(self._rows(tickers, until=until, version=version))

    def read(
        self,
        tickers: tuple[str, ...] = (),
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
        version: int | None = None,
    ) -> pl.DataFrame:
        """BARS as they were accepted, sorted; none where the table is not there yet."""
        return self._rows(tickers, since=since, until=until, version=version).sort(KEYS["bars"])

    def tail(
        self,
        tickers: tuple[str, ...],
        count: int,
        *,
        until: dt.date | None = None,
        version: int | None = None,
    ) -> pl.DataFrame:
        """The last so many BARS of each of these tickers, up to `until`, sorted; of years before them nothing is
        read, but for tickers that have fewer."""
        first, last = tables.span(self.folder, "date", version=version) or (dt.date.min, dt.date.min)
        end, days = min(until or last, last), DAYS_A_SESSION * count
        wanted, tails = set(tickers), [pl.DataFrame(schema=BARS)]
        while wanted:
            since = end - dt.timedelta(days=days) if days < (end - first).days else None
            rows = self.read(tuple(sorted(wanted)), since=since, until=until, version=version)
            held = dict(rows.group_by("ticker").len().iter_rows())
            full = {ticker for ticker in wanted if since is None or held.get(ticker, 0) >= count}
            tails.append(rows.filter(pl.col("ticker").is_in(full)).group_by("ticker").tail(count))
            wanted, days = wanted - full, 8 * days
        return pl.concat([part.select(list(BARS)) for part in tails]).sort(KEYS["bars"])

    def _rows(
        self,
        tickers: tuple[str, ...],
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
        version: int | None = None,
    ) -> pl.DataFrame:
        rows = self._lazy(tickers, since=since, until=until, version=version)
        if rows is None:
            return pl.DataFrame(schema=BARS)
        return tables.gather(rows.select(list(BARS)), self.folder)

    def _lazy(
        self,
        tickers: tuple[str, ...],
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
        version: int | None = None,
    ) -> pl.LazyFrame | None:
        among = {"ticker": [ticker for ticker in tickers if PARTED not in ticker]} if tickers else None
        rows = tables.read(self.folder, version=version, among=among, within={"date": (since, until)})
        return rows if rows is None or tickers else rows.filter(IS_BAR)

    def spans(self, tickers: tuple[str, ...] = ()) -> dict[str, StoredSpan]:
        """First and last stored date of these tickers (default all), and the number of their bars."""
        rows = self._lazy(tickers)
        if rows is None:
            return {}
        ticker, date = pl.col("ticker"), pl.col("date")
        told = date.min().alias("first"), date.max().alias("last"), pl.len()
        # files are in order: to group their runs by number first costs less than each row by its name
        runs = rows.select(ticker, date, run=ticker.rle_id()).group_by("run").agg(ticker.first(), *told)
        spans = runs.group_by("ticker").agg(pl.col("first").min(), pl.col("last").max(), pl.col("len").sum())
        return {
            ticker: (first, last, count)
            for ticker, first, last, count in tables.gather(spans, self.folder).iter_rows()
        }

    def observed(
        self, tickers: tuple[str, ...], *, until: dt.date | None = None, version: int | None = None
    ) -> pl.DataFrame:
        """A row a ticker: how many `bars`, its `first` and `last` session, and when the first and the last of them were
        seen as they stand (`seen_first`, `seen_last`)."""
        date, seen = pl.col("date"), pl.col("observed_at")
        kinds = {"ticker": pl.String, "bars": pl.UInt32, "first": pl.Date, "last": pl.Date}
        moment = pl.Datetime("us", "UTC")
        rows = self._lazy(tickers, until=until, version=version)
        if rows is None:
            return pl.DataFrame(schema={**kinds, "seen_first": moment, "seen_last": moment})
        told = rows.group_by("ticker").agg(
            pl.len().alias("bars"),
            date.min().alias("first"),
            date.max().alias("last"),
            seen.min().alias("seen_first"),
            seen.max().alias("seen_last"),
        )
        return tables.gather(told, self.folder).sort("ticker")

    def version(self) -> int | None:
        return tables.newest_version(self.folder)


def find_later(bars: pl.DataFrame, spans: StoredSpans) -> pl.DataFrame:
    """Those that are later than any of their ticker's span."""
    last = {ticker: last for ticker, (_, last, _) in spans.items()}
    return bars.filter(
        pl.col("date") > pl.col("ticker").replace_strict(last, default=dt.date.min, return_dtype=pl.Date)
    )


def lengthen(spans: StoredSpans, later: pl.DataFrame) -> dict[str, StoredSpan]:
    """The spans of tickers that get these later bars."""
    date = pl.col("date")
    added = later.group_by("ticker").agg(date.min().alias("first"), date.max().alias("last"), pl.len())
    return {
        ticker: (spans[ticker][0], last, spans[ticker][2] + count)
        if ticker in spans
        else (first, last, count)
        for ticker, first, last, count in added.iter_rows()
    }


def adjust(bars: pl.DataFrame) -> pl.DataFrame:
    """BARS in, PRICES out: carried forward from each ticker's first bar, dividends reinvested at the close, so
    that a row depends on itself and earlier ones only."""
    split = pl.when(pl.col("basis") == "traded").then(pl.col("split").fill_null(1.0)).otherwise(1.0)
    paid = 1 + pl.col("dividend").fill_null(0.0) / pl.col("close")
    return (
        bars.sort(KEYS["bars"])
        .with_columns(shares=split.cum_prod().over("ticker"))
        .with_columns(factor=pl.col("shares") * paid.cum_prod().over("ticker"))
        .with_columns(
            *(pl.col(name) * pl.col("factor") for name in ("open", "high", "low", "close")),
            volume=pl.col("volume") / pl.col("shares"),
        )
        .select(list(PRICES))
    )
