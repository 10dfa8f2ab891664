"""What is stored of the tickers that a refresh asks for, read once: the bars that new ones are judged with."""

import datetime as dt
from collections.abc import Collection, Mapping

import polars as pl

from ml_core.data.quality.judge import FINDINGS
from ml_core.data.store.bars import PriceStore
from ml_core.data.store.findings import read_findings
from ml_core.frames import BARS
from ml_core.home.settings import Home


class Stored:
    """Of tickers that are asked `since` some date only the last `count` bars are held; of those in `whole`, and of
    those that are asked from the start, all are read where they are wanted, a few tickers at a time."""

    def __init__(
        self,
        home: Home,
        store: PriceStore,
        identity: str,
        *,
        since: Mapping[str, dt.date],
        whole: Collection[str],
        count: int,
    ) -> None:
        self._store = store
        recent = tuple(sorted(set(since) - set(whole)))
        self._held = store.tail(recent, count) if recent else pl.DataFrame(schema=BARS)
        self._recent = frozenset(recent)
        self._last: tuple[tuple[str, ...], pl.DataFrame] = ((), self._held.clear())
        self.refused = read_findings(home, identity, tuple(since)) if since else pl.DataFrame(schema=FINDINGS)

    def bars(self, tickers: Collection[str]) -> pl.DataFrame:
        """BARS of these tickers, sorted: the last ones, or all."""
        held = self._held.filter(pl.col("ticker").is_in(list(tickers)))
        others = tuple(sorted(set(tickers) - self._recent))
        if others and others != self._last[0]:
            self._last = (others, self._store.bars(others))
        return pl.concat([held, self._last[1]]) if others else held
