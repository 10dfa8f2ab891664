"""Hands out sorted prices in blocks of one ticker, so that features need little memory. What compares tickers is
computed in between, from the features that it needs of all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise

import polars as pl

from ml_core.features.declaration import PEERS, Feature

KEY = ("ticker", "date")
GROUPED_BY = {"date": "date", "sector": "peers"}


class Stages:
    """The plan, and the columns over all tickers that it holds. Every number is computed once.

    A ticker's own features see a frame of that ticker alone, so they cannot depend on the others, bit for bit.
    """

    def __init__(self, prices: pl.DataFrame, wanted: Mapping[str, Feature]) -> None:
        self.prices, self.wanted = prices, wanted
        self.bounds = [0, *prices["ticker"].rle().struct.field("len").cum_sum()]
        of_dates = [feature for feature in wanted.values() if feature.scope == "calendar"]
        self.dates = prices.select(pl.col("date").unique().sort()).select(
            "date", *(feature.expression() for feature in of_dates)
        )
        self.held = pl.DataFrame()
        for comparing in self._comparisons():
            self._hold(comparing)

    def blocks(self, names: Iterable[str]) -> Iterator[pl.DataFrame]:
        """The named features of one ticker after another, as single precision."""
        yield from self._tickers(list(names), key=True)

    def _comparisons(self) -> Iterator[list[Feature]]:
        """The features that compare tickers, each batch needing only the batches before it."""
        waiting = [feature for feature in self.wanted.values() if feature.compares]
        while waiting:
            ready = [feature for feature in waiting if not self._needed_comparisons(feature, waiting)]
            yield ready
            waiting = [feature for feature in waiting if feature not in ready]

    def _needed_comparisons(self, feature: Feature, waiting: list[Feature]) -> bool:
        below = [self.wanted[need] for need in feature.needs if need in self.wanted]
        return any(need in waiting or self._needed_comparisons(need, waiting) for need in below)

    def _hold(self, comparing: list[Feature]) -> None:
        """Compute these features over all tickers, and keep them."""
        needs = dict.fromkeys(need for feature in comparing for need in feature.needs)
        fresh = [need for need in needs if need in self.wanted and need not in self.held.columns]
        if fresh:
            self.held = self._beside(pl.concat(self._tickers(fresh, key=False)))
        peers = [_peers(self.prices)] if any(feature.scope == "sector" for feature in comparing) else []
        given = [need for need in needs if need not in self.held.columns and need not in KEY]
        table = self.prices.select("date", *given, *peers).hstack(self.held)
        table = table.with_columns(self._of_members(need) for need in needs if need not in KEY)
        compared = table.select(feature.expression().over(GROUPED_BY[feature.scope]) for feature in comparing)
        self.held = self._beside(compared.select(_finite(name) for name in compared.columns))

    def _of_members(self, need: str) -> pl.Expr:
        value = pl.col(need)
        if "member" in self.prices.columns:
            value = pl.when(self.prices["member"]).then(value)
        return value.alias(need + PEERS)

    def _beside(self, columns: pl.DataFrame) -> pl.DataFrame:
        """In one piece each: tickers are cut out of them."""
        return (
            pl.concat([self.held, columns.rechunk()], how="horizontal")
            if self.held.width
            else columns.rechunk()
        )

    def _tickers(self, names: list[str], *, key: bool) -> Iterator[pl.DataFrame]:
        """The named features of each ticker, in single precision; several tickers are worked on at a time."""
        steps = self._steps(names)
        later = {need for step in steps for feature in step for need in feature.needs}
        computed = [[pl.col(name).cast(pl.Float64) for name in self.held.columns if name in later]]
        for step in steps:
            computed.append([feature.expression() for feature in step])
            wide = [feature.name for feature in step if feature.name in later and not feature.part]
            computed.append([_finite(name).cast(pl.Float64) for name in wide])
        given = [pl.col(name) for name in KEY if key]
        asked = [
            pl.col(name).cast(pl.Float32)
            if name in later or name not in self.wanted  # a column of the prices themselves
            else _finite(name)
            for name in names
        ]
        computed = [expressions for expressions in computed if expressions]

        def compute(start: int, stop: int) -> pl.DataFrame:
            block = self.prices[start:stop]
            if self.dates.width > 1:
                block = block.hstack(self.dates[self.dates["date"].search_sorted(block["date"])].drop("date"))
            plan = block.hstack(self.held[start:stop]).lazy() if self.held.width else block.lazy()
            for expressions in computed:
                plan = plan.with_columns(expressions)
            return plan.select(*given, *asked).collect(
                optimizations=pl.QueryOptFlags.none(), engine="in-memory"
            )

        workers = pl.thread_pool_size()
        with ThreadPoolExecutor(workers) as pool:
            ahead: deque[Future[pl.DataFrame]] = deque()
            for start, stop in pairwise(self.bounds):
                ahead.append(pool.submit(compute, start, stop))
                if len(ahead) > 2 * workers:
                    yield ahead.popleft().result()
            yield from (one.result() for one in ahead)

    def _steps(self, names: Iterable[str]) -> list[list[Feature]]:
        """What one ticker's frame must be given, in order, to have these columns."""
        given = {*self.held.columns, *self.dates.columns}
        queue, missing = list(names), set()
        while queue:
            name = queue.pop()
            if name in self.wanted and name not in given and name not in missing:
                missing.add(name)
                queue.extend(self.wanted[name].needs)
        waiting = {name: feature for name, feature in self.wanted.items() if name in missing}
        steps = []
        while waiting:
            steps.append([one for one in waiting.values() if not set(one.needs) & set(waiting)])
            waiting = {name: one for name, one in waiting.items() if one not in steps[-1]}
        return steps


def _finite(name: str) -> pl.Expr:
    """A value that is no number becomes null."""
    value = pl.col(name)
    return pl.when(value.is_finite()).then(value).alias(name)


def _peers(prices: pl.DataFrame) -> pl.Series:
    """One number per date and sector; tickers without a sector are each other's peers."""
    sector = pl.col("sector").cast(pl.Categorical).to_physical().cast(pl.Int64) + 1
    day = pl.col("date").to_physical().cast(pl.Int64)
    return prices.select((day * 2**32 + sector.fill_null(0)).alias("peers")).to_series()
