"""What the checks found, kept with its reasons; and when so much is refused that the rest is not to be used."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from ml_core.data import tables
from ml_core.data.providers import Outcome
from ml_core.data.quality import FINDINGS, Checked
from ml_core.errors import InvalidData
from ml_core.settings import Home

MOST_REFUSED = 0.5
KEY = ["ticker", "date", "check"]


def keep_findings(home: Home, identity: str, findings: pl.DataFrame, *, now: dt.datetime) -> None:
    """Every finding once, with the bar as given and when it was first seen so."""
    if findings.is_empty():
        return
    stamped = findings.filter(pl.col("date").is_not_null()).with_columns(
        observed_at=pl.lit(now, dtype=pl.Datetime("us", "UTC"))
    )
    rows = stamped.unique(KEY, keep="first", maintain_order=True)
    tables.merge(home.store / "quarantine" / identity, rows, KEY, ignore=("observed_at", "adj_close"))


def read_findings(home: Home, identity: str, tickers: tuple[str, ...] = ()) -> pl.DataFrame:
    """Quarantined bars, repairs (with the bar before them) and notes, as kept."""
    folder = home.store / "quarantine" / identity
    rows = tables.read(folder)
    if rows is None:
        return pl.DataFrame(schema={**FINDINGS, "observed_at": pl.Datetime("us", "UTC")})
    chosen = rows.filter(pl.col("ticker").is_in(list(tickers))) if tickers else rows
    return tables.gather(chosen, folder).sort(KEY)


def count_bars(findings: pl.DataFrame) -> int:
    """Two checks may find the same bar."""
    return findings.select("ticker", "date").n_unique()


def refuse_whole_tickers(checked: Checked) -> tuple[Checked, dict[str, str]]:
    """A ticker that loses half of its bars loses all of them; with the commonest reason."""
    refused = checked.refused.unique(["ticker", "date"], keep="first")
    lost = refused.group_by("ticker").agg(lost=pl.len(), reason=pl.col("reason").mode().first())
    kept = checked.sound.group_by("ticker").agg(kept=pl.len())
    counted = lost.join(kept, on="ticker", how="left").with_columns(pl.col("kept").fill_null(0))
    whole = counted.filter(pl.col("lost") > MOST_REFUSED * (pl.col("lost") + pl.col("kept")))
    reasons = {
        row["ticker"]: f"{row['lost']} of {row['lost'] + row['kept']} bars refused: {row['reason']}"
        for row in whole.iter_rows(named=True)
    }
    sound = checked.sound.filter(~pl.col("ticker").is_in(list(reasons)))
    return Checked(sound, checked.findings), reasons


def refuse_universe(
    checked: Checked, refused: Mapping[str, str], outcomes: Mapping[str, Outcome], *, limit: float
) -> None:
    """Where too large a share is quarantined, the source is at fault: nothing of it is stored."""
    single = checked.refused.filter(
        ~pl.col("ticker").is_in(list(refused))
    )  # whole tickers are counted as such
    bad = single.select("ticker", "date").unique().height
    share = bad / max(1, bad + checked.sound.height)
    tickers = len(refused) / max(1, len(outcomes))
    if len(outcomes) > len(refused) > 1 and tickers > limit:
        name, reason = next(iter(refused.items()))
        raise InvalidData(
            f"{len(refused)} of {len(outcomes)} tickers are quarantined, more than data.quality.limit = {limit:g};"
            f" first {name}: {reason}"
        )
    if checked.sound.height and share > limit:
        first = single.row(0, named=True)
        raise InvalidData(
            f"{bad} of {bad + checked.sound.height} bars are quarantined, more than data.quality.limit = {limit:g};"
            f" first {first['ticker']} {first['date']}: {first['reason']}"
        )
