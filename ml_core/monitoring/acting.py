"""Says which breaches are raised, and whether one asks for its remedy: of a kind at most once in a cadence, so that a
market which has changed is searched once, and not every evening. A person may acknowledge a breach, or mute it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from ml_core.data.order import Order
from ml_core.monitoring.record import Breach, Record, open_record
from ml_core.monitoring.scene import WatchScene
from ml_core.registry.age import refit_every


def choose(order: Order, *, now: dt.datetime) -> list[Breach]:
    """What is to be raised now, as it will stand afterwards; `asked` is this session where it asks for its remedy."""
    scene, record = WatchScene(order, now), open_record(order)
    sessions, breaches = scene.sessions, record.breaches()
    every = refit_every(order.experiment, len(sessions))
    return choose_among(breaches, sessions, every)


def choose_among(breaches: list[Breach], sessions: list[dt.date], every: int) -> list[Breach]:
    """`every`: so many sessions after a remedy was asked for, it may be asked for again."""
    today = sessions[-1]
    asked = {
        one.remedy: one.asked
        for one in sorted(breaches, key=lambda one: one.asked or dt.date.min)
        if one.asked
    }
    chosen = []
    for one in breaches:
        if not one.waits:
            continue
        last = asked.get(one.remedy)
        due = last is None or sum(1 for day in sessions if day > last) >= every
        if one.remedy and one.asked is None and due:
            asked[one.remedy] = today
            chosen.append(replace(one, raised=one.raised or today, asked=today))
        elif one.raised is None:
            chosen.append(replace(one, raised=today))
    return chosen


def acknowledge(record: Record, number: int, day: dt.date) -> Breach:
    """Somebody knows: it goes on, and nothing is done of itself."""
    one = record.find(number)
    known = replace(one, acknowledged=one.acknowledged or day)
    record.write([known])
    return known


def mute(record: Record, number: int, day: dt.date) -> Breach:
    """Nor is it raised when it comes again."""
    one = record.find(number)
    quiet = replace(one, muted=one.muted or day)
    record.write([quiet])
    return quiet
