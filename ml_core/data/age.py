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
    ended = experiment.data.end and experiment.data.end <= newest
    closed = last_closed_session(experiment.universe.calendar, now)
    if ended or closed is None or experiment.data.source == NEVER_GROWS:
        return 0
    until = min(closed, experiment.data.end or closed)
    return max(len(sessions_between(experiment.universe.calendar, newest, until)) - 1, 0)


def tell_old(experiment: Experiment, newest: dt.date, *, now: dt.datetime) -> str:
    """In one sentence that prices are old, with what brings newer ones; empty where they are not."""
    behind = count_behind(experiment, newest, now=now)
    if behind <= ALLOWED.get(experiment.task.frequency, 5):
        return ""
    return f"prices end on {newest}, {behind} sessions ago; run: candorcast refresh {experiment.name}"
