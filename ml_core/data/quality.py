"""Bars as a provider gave them in; sound bars and everything that was found out."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import polars as pl
from pydantic import Field, field_validator

from ml_core import choices
from ml_core.data.calendar import WHATEVER, sessions_between
from ml_core.data.carried import VERDICT as CARRIED
from ml_core.data.carried import carry_actions
from ml_core.data.verdicts import STAGES, Check, Scene, checks_of
from ml_core.experiment import Section
from ml_core.frames import BARS, KEYS, conform

CHECKS = "ml_core.data.checks"
JUMPS = ("print", "apart", "series")  # stages that judge a bar by those around it
FINDINGS = {**BARS, "check": pl.String, "verdict": pl.String, "reason": pl.String}


class Quality(Section):
    """`limit`: the largest share of bars, or of tickers, that may be quarantined before a refresh is refused;
    `skip`: checks that are not run; `accept`: findings that you know to be true, as "TICKER DATE"."""

    limit: Annotated[float, Field(gt=0, le=1)] = 0.1
    skip: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()

    @field_validator("skip")
    @classmethod
    def _checks_exist(cls, skip: tuple[str, ...]) -> tuple[str, ...]:
        known = [item.name for item in catalogue()]
        for name in skip:
            if name not in known:
                raise ValueError(f"unknown check '{name}'{choices.nearest(name, known)}")
        return skip

    @field_validator("accept")
    @classmethod
    def _name_a_day(cls, accept: tuple[str, ...]) -> tuple[str, ...]:
        for entry in accept:
            ticker, _, day = entry.rpartition(" ")
            if not ticker.strip() or not _is_day(day):
                raise ValueError(f'\'{entry}\': expected "TICKER YYYY-MM-DD", as "EBAY 2015-07-20"')
        return accept

    def judgements(self, tickers: Iterable[str]) -> dict[str, str]:
        """What of it decides on each ticker's bars; another one may find otherwise."""
        return {ticker: self._judgement(ticker) for ticker in tickers}

    def _judgement(self, ticker: str) -> str:
        days = {day for name, _, day in (entry.rpartition(" ") for entry in self.accept) if name == ticker}
        skips = (f"skip {name}" for name in sorted(set(self.skip)))
        return ", ".join([*skips, *(f"accept {day}" for day in sorted(days))])


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@dataclass(frozen=True)
class Checked:
    """`sound` bars, with repairs made; `findings`: the bars as given, each with check, verdict and reason."""

    sound: pl.DataFrame
    findings: pl.DataFrame

    @property
    def refused(self) -> pl.DataFrame:
        return self.findings.filter(pl.col("verdict") == "quarantine")


@cache
def catalogue() -> tuple[Check, ...]:
    """Every check, by stage."""
    found = [item for name in choices.names(CHECKS) for item in checks_of(choices.load(CHECKS, name))]
    return tuple(sorted(found, key=lambda item: STAGES.index(item.stage)))


def check_bars(bars: pl.DataFrame, *, calendar: str = WHATEVER, quality: Quality | None = None) -> Checked:
    """Run every check, stage by stage: each sees what the stages before it left."""
    quality = quality or Quality()
    rows = _as_given(bars)
    scene = Scene(_sessions(rows, calendar))
    findings = [rows.clear().with_columns(check=pl.lit(""), verdict=pl.lit(""), reason=pl.lit(""))]
    for stage in STAGES:
        refused = []
        for item in (item for item in catalogue() if item.stage == stage and item.name not in quality.skip):
            found, flagged = _find(item, rows, scene, quality)
            findings.append(flagged.with_columns(**item.verdict_columns()))
            if item.verdict == "repair" and flagged.height:
                rows = rows.update(found, on=KEYS["bars"], include_nulls=True)
            elif item.verdict == "quarantine":
                refused.append(findings[-1])
        if any(bars.height for bars in refused):
            lost = pl.concat(refused)
            rows, carried = carry_actions(rows.join(lost, on="row", how="anti"), lost)
            findings.append(carried.with_columns(**CARRIED))
    return Checked(rows.select(list(BARS)), pl.concat(findings).select(list(FINDINGS)))


def _find(
    item: Check, rows: pl.DataFrame, scene: Scene, quality: Quality
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a check would have instead, and the rows that it means; without those that the user accepts."""
    if rows.is_empty():
        return rows, rows
    found = item.find(rows, scene)
    if isinstance(found, pl.Expr):
        found = rows.filter(found).select("row", *KEYS["bars"])
        flagged = rows.join(found, on="row", how="semi")
    else:
        flagged = rows.join(found.select(KEYS["bars"]).unique(), on=KEYS["bars"], how="semi")
    if quality.accept and flagged.height:
        flagged = flagged.filter(~pl.col("row").is_in(_accepted(item, rows, quality)))
        found = found.join(flagged, on=KEYS["bars"], how="semi")
    return found, flagged


def _accepted(item: Check, rows: pl.DataFrame, quality: Quality) -> list[int]:
    """The rows of the accepted days. Of a price that jumped and is true, the way back is true as well."""
    named = pl.concat_str(["ticker", pl.col("date").cast(pl.String)], separator=" ")
    accepted = named.is_in(list(quality.accept))
    if item.stage in JUMPS:
        accepted = accepted | accepted.shift(1, fill_value=False).over("ticker")
    return rows.filter(accepted)["row"].to_list()


def _as_given(bars: pl.DataFrame) -> pl.DataFrame:
    """NaN is a missing value; a row that is there twice, to the last digit, is one row."""
    rows = conform(bars, BARS, "bars")
    numbers = [name for name, kind in BARS.items() if kind == pl.Float64]
    rows = rows.with_columns(pl.col(numbers).fill_nan(None)).unique(maintain_order=True)
    return rows.sort(KEYS["bars"], maintain_order=True).with_row_index("row")


def _sessions(rows: pl.DataFrame, calendar: str) -> pl.Series | None:
    first, last = rows["date"].min(), rows["date"].max()
    if calendar == WHATEVER or not isinstance(first, dt.date) or not isinstance(last, dt.date):
        return None
    return pl.Series("session", sessions_between(calendar, first, last), dtype=pl.Date)
