"""Puts stored bars together again as they first came from their source, before any check: repaired and refused ones
as they were given. The audit begins there, because a check that knew the future would clean the past with it."""

import datetime as dt

import polars as pl

from ml_core.data.quality.judge import CheckedBars, check_bars
from ml_core.data.quality.verdicts import catalogue
from ml_core.data.source import open_source
from ml_core.data.store.store import open_store
from ml_core.frames import BARS, KEYS
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment

CARRIED = "action_carried"
ACTED = pl.col("verdict") != "note"


def read_arrived(experiment: Experiment, home: Home, *, until: dt.date | None = None) -> pl.DataFrame:
    """BARS of the universe before any check: of a bar that was repaired or refused the one that was given.

    Of a date that stood twice neither is put back: which of the two came first is not kept.
    """
    store, tickers = open_store(experiment, home), experiment.universe.tickers
    stored = store.bars.read(tickers, until=until)
    held = stored["ticker"].unique()
    findings = store.findings.read(tickers).filter(
        ACTED, pl.col("ticker").is_in(held.implode()), pl.col("date") <= (until or dt.date.max)
    )
    return put_back(stored, findings)


def put_back(stored: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """The stored bars with the given ones in the place of those that checks changed, or where they left none."""
    order = [*(item.name for item in catalogue()), CARRIED]
    place = pl.col("check").replace_strict(order, range(len(order)), default=0, return_dtype=pl.Int32)
    # Where a refused bar's day has a stored one, another bar has come since, or it was accepted.
    corrected = pl.col("verdict") == "quarantine"
    standing = findings.filter(corrected).join(stored, on=KEYS["bars"], how="semi").select(KEYS["bars"])
    findings = findings.join(standing, on=KEYS["bars"], how="anti")
    twice = findings.filter(check="date_twice").select(KEYS["bars"])
    first = findings.join(twice, on=KEYS["bars"], how="anti").sort(place).unique(KEYS["bars"], keep="first")
    others = stored.select(list(BARS)).join(first, on=KEYS["bars"], how="anti")
    return pl.concat([others, first.select(list(BARS))]).sort(KEYS["bars"])


def check_arrived(experiment: Experiment, arrived: pl.DataFrame) -> CheckedBars:
    """The checks as a refresh runs them."""
    source = open_source(experiment)
    return check_bars(arrived, calendar=experiment.universe.calendar, quality=source.quality)


def tell_known(checked: CheckedBars) -> pl.DataFrame:
    """The sound bars, each with the date by which it was `known` as it stands."""
    late = checked.findings.filter(ACTED).group_by(KEYS["bars"]).agg(pl.col("known").max())
    told = checked.sound.join(late, on=KEYS["bars"], how="left", maintain_order="left")
    return told.with_columns(known=pl.max_horizontal("known", "date"))
