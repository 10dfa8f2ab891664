"""What is stored of the tickers that a refresh asks for, read once: the bars that new ones are judged with."""

from collections.abc import Collection

import polars as pl

from ml_core.data.intake.plan import OVERLAP, IntakePlan
from ml_core.data.quality.judge import FINDINGS
from ml_core.frames import BARS

TAIL = 300  # stored bars before the new ones that the checks also see: no check looks further back


class Stored:
    """Of tickers that are asked from a later start only the last bars are held; of those that come whole all are read
    where they are wanted, a few tickers at a time."""

    def __init__(self, plan: IntakePlan) -> None:
        self._store = plan.inquiry.store
        recent = tuple(sorted(set(plan.since) - plan.anew))
        held = self._store.bars.tail(recent, TAIL + OVERLAP.days) if recent else pl.DataFrame(schema=BARS)
        self._held, self._last = held, ((), held.clear())
        self.by_tail = frozenset(recent)
        asked = tuple(plan.since)
        self.refused = self._store.findings.read(asked) if asked else pl.DataFrame(schema=FINDINGS)

    def bars(self, tickers: Collection[str]) -> pl.DataFrame:
        """BARS of these tickers, sorted: the last ones, or all."""
        held = self._held.filter(pl.col("ticker").is_in(list(tickers)))
        others = tuple(sorted(set(tickers) - self.by_tail))
        if others and others != self._last[0]:
            self._last = (others, self._store.bars.read(others))
        return pl.concat([held, self._last[1]]) if others else held
