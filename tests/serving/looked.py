"""What looks of many sessions leave in a home: findings that wander, and one alarm. Nothing was
looked at; how a real look comes about has tests of its own."""

import datetime as dt

import numpy as np

from ml_core.data.order import place_order
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.record import open_record
from ml_core.monitoring.watch import CHECKS
from ml_core.spec import choices
from tests.serving.world import LISTED, World

LAST, SESSIONS, BROKEN = dt.date(2019, 9, 2), 40, "inputs"  # a session later the bars of the small world end


def look_back(world: World) -> None:
    """Every check on every session; the inputs of one ticker leave what is allowed on the last five."""
    rng, record = np.random.default_rng(7), open_record(place_order(world.experiment, world.home))
    names, tickers = choices.names(CHECKS), LISTED[:2]
    wander = np.abs(rng.normal(0, 0.06, (SESSIONS, len(names), len(tickers)))).cumsum(axis=0) % 0.9
    days = [LAST - dt.timedelta(days=back) for back in range(SESSIONS * 7 // 5)]
    sessions = sorted(day for day in days if day.weekday() < 5)[-SESSIONS:]
    for at, day in enumerate(sessions):
        far = wander[at].copy()
        if at >= len(sessions) - 5:
            far[names.index(BROKEN), 0] = 1.6
        found = {
            name: [
                Finding(one, float(far[row, column]), 1.0, "as drawn") for column, one in enumerate(tickers)
            ]
            for row, name in enumerate(names)
        }
        record.keep(day, found)
