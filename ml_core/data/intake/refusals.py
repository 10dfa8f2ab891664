"""Tells how much of a source is refused, and when so much is that the rest is not to be used."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from ml_core.data.providers import Outcome
from ml_core.data.quality.judge import CheckedBars
from ml_core.data.quality.settings import tell_accept
from ml_core.data.store.bars import StoredSpans
from ml_core.data.store.findings import count_bars
from ml_core.errors import InvalidData

MOST_REFUSED = 0.5


def count_held(outcomes: Mapping[str, Outcome], spans: StoredSpans) -> dict[str, int]:
    """Sound bars of each ticker: what came overlaps what is stored, and the larger of the two is nearly both."""
    return {ticker: max(how.rows, spans.get(ticker, (0, 0, 0))[2]) for ticker, how in outcomes.items()}


def refuse_whole_tickers(checked: CheckedBars) -> tuple[CheckedBars, dict[str, str]]:
    """A ticker that loses half of its bars loses all of them; with the commonest reason."""
    refused = checked.refused.unique(["ticker", "date"], keep="first")
    commonest = pl.struct("reason", "check").mode().sort().first()
    lost = refused.group_by("ticker").agg(lost=pl.len(), why=commonest).unnest("why")
    kept = checked.sound.group_by("ticker").agg(kept=pl.len())
    counted = lost.join(kept, on="ticker", how="left").with_columns(pl.col("kept").fill_null(0))
    whole = counted.filter(pl.col("lost") > MOST_REFUSED * (pl.col("lost") + pl.col("kept")))
    reasons = {
        row["ticker"]: f"{row['lost']} of {row['lost'] + row['kept']} bars refused: {row['reason']};"
        f" {tell_accept(row['ticker'], row['check'], check=row['check'])}"
        for row in whole.sort("ticker").iter_rows(named=True)
    }
    sound = checked.sound.filter(~pl.col("ticker").is_in(list(reasons)))
    return replace(checked, sound=sound), reasons


@dataclass
class Refusals:
    """How much of a universe of `universe` tickers is refused so far, part by part.

    `refused`: tickers that are refused whole, with the reason; `bad`: refused bars of the others, and the `first`;
    `held`: the bars of the `seen` tickers that are sound, in the store or now.
    """

    universe: int
    limit: float
    refused: dict[str, str] = field(default_factory=dict)
    bad: int = 0
    first: str = ""
    held: int = 0
    seen: int = 0

    def add(self, checked: CheckedBars, refused: Mapping[str, str], held: Mapping[str, int]) -> None:
        """A part after its checks; `held`: sound bars of each of its tickers, those stored before included."""
        single = checked.refused.filter(~pl.col("ticker").is_in(list(refused)))  # whole tickers count as such
        self.refused |= refused
        self.bad += count_bars(single)
        self.held += sum(held.values())
        self.seen += len(held)
        for row in single.head(0 if self.first else 1).iter_rows(named=True):
            keep = tell_accept(row["ticker"], row["date"], check=row["check"])
            self.first = f"{row['ticker']} {row['date']}: {row['reason']}; {keep}"

    def require_few(self) -> None:
        """Where too large a share is refused the source is at fault, and the run ends."""
        if said := self.tell_many():
            raise InvalidData(said)

    def tell_many(self) -> str:
        """What ends the run; "" where the share is no too large one.

        It ends as soon as that is sure: tickers are counted against the whole universe, and those to come are
        supposed to bring as many bars each as those before.
        """
        beyond = f"more than data.quality.limit = {self.limit:g}"
        stays = "nothing of these tickers is written; what was stored before stays"
        if len(self.refused) > max(1, self.limit * self.universe):
            name, reason = next(iter(self.refused.items()))
            return (
                f"{len(self.refused)} of {self.universe} tickers are quarantined, {beyond};"
                f" first {name}: {reason}; {stays}"
            )
        bars = self.bad + self.held
        if self.held and self.bad > self.limit * bars * self.universe / self.seen:
            return f"{self.bad} of {bars} bars are quarantined, {beyond}; first {self.first}; {stays}"
        return ""


def tell_newest(refused: pl.DataFrame, stored: list[dt.date]) -> list[str]:
    """Where more tickers have the bar of the newest session refused than stored, the source is broken today."""
    newest = refused["date"].max()
    if not isinstance(newest, dt.date) or (stored and newest < max(stored)):
        return []
    lost = refused.filter(pl.col("date") == newest)["ticker"].n_unique()
    held = sum(last >= newest for last in stored)
    return [f"{newest}: bars refused of {lost} tickers, stored of {held}"] if lost > held else []
