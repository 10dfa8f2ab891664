"""Bars as a provider gave them in; sound bars and everything that was found out."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import polars as pl

from ml_core import choices
from ml_core.data.calendar import WHATEVER, sessions_between
from ml_core.data.verdicts import STAGES, Check, Scene, checks_of
from ml_core.frames import BARS, KEYS, conform

CHECKS = "ml_core.data.checks"
MOST_REFUSED = 0.5
FINDINGS = {**BARS, "check": pl.String, "verdict": pl.String, "reason": pl.String}


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


def check_bars(bars: pl.DataFrame, *, calendar: str = WHATEVER) -> Checked:
    """Run every check, stage by stage: each sees what the stages before it left."""
    rows = _as_given(bars)
    scene = Scene(_sessions(rows, calendar))
    findings = [rows.clear().with_columns(check=pl.lit(""), verdict=pl.lit(""), reason=pl.lit(""))]
    for stage in STAGES:
        refused = []
        for item in (item for item in catalogue() if item.stage == stage):
            if rows.is_empty():
                break
            found = item.find(rows, scene)
            flagged = rows.filter(found) if isinstance(found, pl.Expr) else _rows_of(rows, found)
            if flagged.is_empty():
                continue
            findings.append(
                flagged.with_columns(
                    check=pl.lit(item.name), verdict=pl.lit(item.verdict), reason=pl.lit(item.says)
                )
            )
            if item.verdict == "repair" and isinstance(found, pl.DataFrame):
                rows = rows.update(found, on=KEYS["bars"], include_nulls=True)
            elif item.verdict == "quarantine":
                refused.append(flagged)
        if refused:
            rows = rows.filter(~pl.col("row").is_in(pl.concat(refused)["row"].implode()))
    told = pl.concat(findings).select(list(FINDINGS))
    return Checked(rows.select(list(BARS)), told)


def _as_given(bars: pl.DataFrame) -> pl.DataFrame:
    """NaN is a missing value; a row that is there twice, to the last digit, is one row."""
    rows = conform(bars, BARS, "bars")
    numbers = [name for name, kind in BARS.items() if kind == pl.Float64]
    rows = rows.with_columns(pl.col(numbers).fill_nan(None)).unique(maintain_order=True)
    return rows.sort(KEYS["bars"], maintain_order=True).with_row_index("row")


def _rows_of(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return rows.join(found.select(KEYS["bars"]).unique(), on=KEYS["bars"], how="semi")


def _sessions(rows: pl.DataFrame, calendar: str) -> pl.Series | None:
    first, last = rows["date"].min(), rows["date"].max()
    if calendar == WHATEVER or not isinstance(first, dt.date) or not isinstance(last, dt.date):
        return None
    return pl.Series("session", sessions_between(calendar, first, last), dtype=pl.Date)
