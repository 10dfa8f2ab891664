"""Tells when prices are old: the exchange has closed sessions of which no bar is stored."""

from __future__ import annotations

import datetime as dt

from ml_core.data.calendar import last_closed_session, sessions_between
from ml_core.spec.experiment import Experiment

ALLOWED = {"daily": 5, "weekly": 10}  # sessions; of a week that has not ended there is no weekly bar
NEVER_GROWS = "simulated"


def count_behind(experiment: Experiment, newest: dt.date, *, now: dt.datetime) -> int:
    """How many sessions have closed since the newest that is stored. None of a market that is simulated, of one that
    the experiment ends in the past, and of one whose calendar is its own data."""
    closed = last_closed_session(experiment.universe.calendar, now)
    if closed is None or not grows(experiment, newest):
        return 0
    until = min(closed, experiment.data.end or closed)
    return max(len(sessions_between(experiment.universe.calendar, newest, until)) - 1, 0)


def grows(experiment: Experiment, newest: dt.date) -> bool:
    """Whether sessions are to come: none do in a market that is simulated, or that the experiment ends in the past."""
    ended = experiment.data.end and experiment.data.end <= newest
    return not ended and experiment.data.source != NEVER_GROWS


def market_clock(experiment: Experiment, newest: dt.date, *, now: dt.datetime) -> dt.datetime:
    """What time it is in that market: in one in which nothing is to come, the end of its newest session's day."""
    if grows(experiment, newest):
        return now
    return dt.datetime.combine(newest + dt.timedelta(days=1), dt.time(), dt.UTC)


def tell_old(experiment: Experiment, newest: dt.date, *, now: dt.datetime) -> str:
    """In one sentence that prices are old, with what brings newer ones; empty where they are not."""
    behind = count_behind(experiment, newest, now=now)
    if behind <= ALLOWED.get(experiment.task.frequency, 5):
        return ""
    return f"prices end on {newest}, {behind} sessions ago; run: candorcast refresh {experiment.name}"
