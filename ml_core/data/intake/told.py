"""Reads a user's own tables (context, members of the universe) at the start of a refresh, and stores them as facts at
its end."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from ml_core.data.context import Context, tell_strangers
from ml_core.data.intake.own_table import read_table
from ml_core.data.store.bars import PARTED, BarTable
from ml_core.data.store.membership import MEMBER, members_topic, read_spans
from ml_core.data.store.tables import Written
from ml_core.spec.experiment import Experiment


@dataclass(frozen=True)
class Told:
    """FACTS of one file, the name under which they are kept, and what a refresh says of the file."""

    name: str
    topic: str
    facts: pl.DataFrame
    notes: tuple[str, ...] = ()


def read_told(experiment: Experiment, context: Context) -> tuple[Told, ...]:
    """The user's own table and the members of the universe, where the experiment names them."""
    told, tickers = [], experiment.universe.tickers
    if topic := context.topic(experiment.name):
        facts = read_table(context)
        notes = tuple(tell_strangers(facts, context, tickers))
        told.append(Told(f"data.context.table {context.table}", topic, facts, notes))
    if topic := members_topic(experiment):
        name, facts = f"universe.members {experiment.universe.members}", read_spans(experiment)
        told.append(Told(name, topic, facts, tuple(_tell_never_in(name, facts, tickers))))
    return tuple(told)


def keep_told(bars: BarTable, told: tuple[Told, ...], *, now: dt.datetime) -> list[str]:
    """Write them; what has changed, and what a reader should know of the files."""
    notes = []
    for one in told:
        kept = bars.keep(one.topic, one.facts, observed_at=now, whole=True)
        notes += [*_tell_change(one.name, kept), *one.notes]
    return notes


def _tell_change(name: str, kept: Written) -> list[str]:
    if not (kept.inserted or kept.updated or kept.deleted):
        return []
    return [f"{name}: {kept.inserted} values new, {kept.updated} changed, {kept.deleted} gone"]


def _tell_never_in(name: str, facts: pl.DataFrame, tickers: tuple[str, ...]) -> list[str]:
    known = set(facts["name"])
    never = [ticker for ticker in tickers if f"{ticker}{PARTED}{MEMBER}" not in known]
    more = f" and {len(never) - 3} more" if len(never) > 3 else ""
    return [f"{name}: no row of {', '.join(never[:3])}{more}; never in the universe"] if never else []
