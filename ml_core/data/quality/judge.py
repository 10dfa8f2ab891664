"""Checks the bars that a provider gave: what is sound goes on, and all that was found is told with its reason."""

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from ml_core.data.almanac import Almanac
from ml_core.data.calendar import WHATEVER, sessions_between
from ml_core.data.quality.refused_actions import VERDICT as CARRIED
from ml_core.data.quality.refused_actions import carry_actions
from ml_core.data.quality.settings import Quality
from ml_core.data.quality.verdicts import STAGES, BarCheck, BarContext, catalogue
from ml_core.frames import BARS, KEYS, conform, is_ordered

FOUND = {"ticker": pl.String, "date": pl.Date, "check": pl.String}
FINDINGS = {**BARS, "check": pl.String, "verdict": pl.String, "reason": pl.String, "known": pl.Date}


@dataclass(frozen=True)
class CheckedBars:
    """`sound` bars, with repairs made; `findings`: the bars as given, each with check, verdict and reason, and the date
    by which the verdict was `known`: its own, but where it takes later bars; `accepted`: (ticker, date, check) of what
    was found and is no finding, because the user accepts it."""

    sound: pl.DataFrame
    findings: pl.DataFrame
    accepted: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FOUND))

    @property
    def refused(self) -> pl.DataFrame:
        return self.findings.filter(pl.col("verdict") == "quarantine")


def check_bars(
    bars: pl.DataFrame,
    *,
    calendar: str = WHATEVER,
    quality: Quality | None = None,
    almanac: Almanac | None = None,
) -> CheckedBars:
    """Run every check, stage by stage: each sees what the stages before it left."""
    quality = quality or Quality()
    rows = _as_given(bars)
    scene = BarContext(_sessions(rows, calendar, almanac), quality.days("refuse"), quality.splits())
    findings = [_flag(rows.clear().with_columns(known=pl.lit(None, pl.Date)))]
    accepted = [pl.DataFrame(schema=FOUND)]
    for stage in STAGES:
        refused = []
        for item in (item for item in catalogue() if item.stage == stage and item.name not in quality.skip):
            instead, flagged = _find(item, rows, scene)
            if flagged.is_empty():
                continue
            if quality.accept and not item.firm:
                accepted.append(_accepted(item, flagged, quality))
                instead, flagged = (
                    part.join(accepted[-1], on=KEYS["bars"], how="anti", maintain_order="left")
                    for part in (instead, flagged)
                )
            findings.append(flagged.with_columns(**item.verdict_columns()))
            if item.verdict == "repair" and flagged.height:
                rows = rows.update(instead.drop("known"), on=KEYS["bars"], include_nulls=True)
            elif item.verdict == "quarantine":
                refused.append(findings[-1])
        if any(bars.height for bars in refused):
            lost = pl.concat(refused)
            rows, carried = carry_actions(rows.join(lost, on="row", how="anti"), lost)
            findings.append(carried.with_columns(known=pl.col("date")).with_columns(**CARRIED))
    return CheckedBars(
        rows.select(list(BARS)), pl.concat(findings).select(list(FINDINGS)), pl.concat(accepted)
    )


def _flag(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(check=pl.lit(""), verdict=pl.lit(""), reason=pl.lit(""))


def _find(item: BarCheck, rows: pl.DataFrame, scene: BarContext) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a check would have instead, and the rows that it means with the date when that was known; no rows where it
    finds nothing."""
    marks = pl.lit(False) if rows.is_empty() else item.find(rows, scene)
    if isinstance(marks, pl.Expr):
        flagged = rows.filter(marks)
        flagged = flagged.with_columns(known=pl.col("date")) if flagged.height else flagged
        return flagged, flagged
    if marks.is_empty():
        return marks, rows.clear()
    if "known" not in marks.columns:
        marks = marks.with_columns(known=pl.col("date"))
    marks = marks.unique(KEYS["bars"], keep="first", maintain_order=True)
    flagged = rows.join(marks.select(*KEYS["bars"], "known"), on=KEYS["bars"], maintain_order="left")
    return marks, flagged


def _accepted(item: BarCheck, flagged: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    """(ticker, date, check) of rows that a check means and the user keeps."""
    days = quality.days("accept", check=item.name)
    inside = flagged.select(KEYS["bars"]).join(days, on="ticker")
    kept = inside.filter(pl.col("date").is_between("first", "last")).select(KEYS["bars"])
    return kept.unique(maintain_order=True).with_columns(check=pl.lit(item.name))


def _as_given(bars: pl.DataFrame) -> pl.DataFrame:
    """NaN is a missing value; a row that is there twice, to the last digit, is one row."""
    rows = conform(bars, BARS, "bars")
    numbers = [name for name, kind in BARS.items() if kind == pl.Float64]
    rows = rows.with_columns(pl.col(numbers).fill_nan(None))
    if is_ordered(rows):
        return rows.with_row_index("row")
    rows = rows.sort(KEYS["bars"], maintain_order=True)
    again = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in KEYS["bars"])
    if rows.select(again.any()).item():
        rows = rows.unique(maintain_order=True)
    return rows.with_row_index("row")


def _sessions(rows: pl.DataFrame, calendar: str, almanac: Almanac | None) -> pl.Series | None:
    first, last = rows["date"].min(), rows["date"].max()
    if calendar == WHATEVER or not isinstance(first, dt.date) or not isinstance(last, dt.date):
        return None
    sessions = sessions_between(calendar, first, last, almanac=almanac)
    return pl.Series("session", sessions, dtype=pl.Date)
