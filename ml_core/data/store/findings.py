"""What the checks found, kept with its reasons; and when so much is refused that the rest is not to be used."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from ml_core.data.providers import Outcome
from ml_core.data.quality.judge import FINDINGS, Checked
from ml_core.data.quality.settings import firm_checks
from ml_core.data.store import tables
from ml_core.errors import InvalidData
from ml_core.home.settings import Home

MOST_REFUSED = 0.5
DAY = ["ticker", "date"]
KEY = [*DAY, "check"]


def keep_findings(
    home: Home,
    identity: str,
    checked: Checked,
    *,
    now: dt.datetime,
    whole: Collection[str] = (),
    rejudged: Collection[str] = (),
    stored: bool = True,
) -> None:
    """Every finding once, with the bar as given and when it was first seen so. What was found before on a day whose bar
    came again, and is not found now, is forgotten if that bar is `stored`.

    `whole`: tickers of which all bars came; `rejudged`: those of them that were last checked by other settings."""
    findings = checked.findings
    earlier = read_findings(home, identity) if stored else pl.DataFrame(schema=FINDINGS)
    stale = _find_stale(earlier, checked, whole, rejudged)
    if findings.is_empty() and stale.is_empty():
        return
    stamped = findings.filter(pl.col("date").is_not_null()).with_columns(
        observed_at=pl.lit(now, dtype=pl.Datetime("us", "UTC"))
    )
    rows = stamped.unique(KEY, keep="first", maintain_order=True)
    tables.merge(
        home.store / "quarantine" / identity, rows, KEY, ignore=("observed_at", "adj_close"), drop=stale
    )


def _find_stale(
    earlier: pl.DataFrame, checked: Checked, whole: Collection[str], rejudged: Collection[str]
) -> pl.DataFrame:
    """The keys of earlier findings that are of a bar no more: a sound one came in its place, or another that is refused
    in the place of one that was. What was found of a stored bar stays where a bad answer takes nothing away.

    Of tickers that did not come whole the first day tells nothing: the adjusted close of the day before is not known,
    and less can be found."""
    gone = earlier.join(checked.findings, on=KEY, how="anti")
    if gone.is_empty():
        return gone.select(KEY)
    named = pl.col("ticker").is_in(gone["ticker"].unique().implode())
    sound, refused = (rows.filter(named).select(DAY) for rows in (checked.sound, checked.refused))
    first = pl.concat([sound, refused]).group_by("ticker").agg(first=pl.col("date").min())
    later = (pl.col("date") > pl.col("first")) | pl.col("ticker").is_in(list(whole))
    sure = gone.join(first, on="ticker").filter(later)
    unkept = sure.filter((pl.col("verdict") == "quarantine") | pl.col("ticker").is_in(list(rejudged)))
    stale = [sure.join(sound, on=DAY, how="semi"), unkept.join(refused, on=DAY, how="semi")]
    return pl.concat(rows.select(KEY) for rows in stale).unique()


def read_findings(home: Home, identity: str, tickers: tuple[str, ...] = ()) -> pl.DataFrame:
    """Quarantined bars, repairs (with the bar before them) and notes, as kept."""
    folder = home.store / "quarantine" / identity
    rows, schema = tables.read(folder), {**FINDINGS, "observed_at": pl.Datetime("us", "UTC")}
    if rows is None:
        return pl.DataFrame(schema=schema)
    chosen = rows.filter(pl.col("ticker").is_in(list(tickers))) if tickers else rows
    found = tables.gather(chosen, folder).sort(KEY)
    blank = pl.DataFrame(schema=schema)  # a table that was written before a column came
    return pl.concat([blank, found], how="diagonal").select(list(schema))


def count_bars(findings: pl.DataFrame) -> int:
    """Two checks may find the same bar."""
    return findings.select("ticker", "date").n_unique()


def count_held(
    outcomes: Mapping[str, Outcome], spans: Mapping[str, tuple[dt.date, dt.date, int]]
) -> dict[str, int]:
    """Sound bars of each ticker: what came overlaps what is stored, and the larger of the two is nearly both."""
    return {ticker: max(how.rows, spans.get(ticker, (0, 0, 0))[2]) for ticker, how in outcomes.items()}


def refuse_whole_tickers(checked: Checked) -> tuple[Checked, dict[str, str]]:
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
class Share:
    """How much of a universe of `universe` tickers is refused so far, part by part.

    `held`: the bars of the `seen` tickers that are sound, in the store or now.
    """

    universe: int
    limit: float
    refused: dict[str, str] = field(default_factory=dict)
    bad: int = 0
    first: str = ""
    held: int = 0
    seen: int = 0

    def add(self, checked: Checked, refused: Mapping[str, str], held: Mapping[str, int]) -> None:
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


def tell_accept(ticker: str, what: object, *, check: str = "") -> str:
    """How to keep a bar, or all that a check refuses of a ticker, as it came; where nobody can, what is left to do."""
    if check in firm_checks():
        return "correct the source, or drop the ticker"
    return f'to keep what came: data.quality.accept = ["{ticker} {what}"]'


def tell_newest(refused: pl.DataFrame, stored: list[dt.date]) -> list[str]:
    """Where more tickers have the bar of the newest session refused than stored, the source is broken today."""
    newest = refused["date"].max()
    if not isinstance(newest, dt.date) or (stored and newest < max(stored)):
        return []
    lost = refused.filter(pl.col("date") == newest)["ticker"].n_unique()
    held = sum(last >= newest for last in stored)
    return [f"{newest}: bars refused of {lost} tickers, stored of {held}"] if lost > held else []
