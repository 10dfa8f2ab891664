"""Lives through a few days of a small market in a home: bars, a search, forecasts, their scores. Run as a script with
the code of any release on the path, so it names only what all of them have."""

import datetime as dt
import sys
from pathlib import Path

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.home.settings import open_home
from ml_core.live.look import look
from ml_core.prediction.answer import answer
from ml_core.prediction.shadows import answer_in_shadow
from ml_core.promotion.refit import keep_fresh
from ml_core.spec.file import read_experiment
from tuning.search import search

EVENINGS = [dt.date(2019, 1, day) for day in (4, 7, 8, 9, 10)]


def evening(day: dt.date) -> dt.datetime:
    """After the close in New York, before the next one."""
    return dt.datetime(day.year, day.month, day.day, 23, tzinfo=dt.UTC)


def live(file: str, root: Path) -> None:
    experiment, home = read_experiment(file, ()), open_home(root)
    order, first = place_order(experiment, home), evening(EVENINGS[0])
    refresh(experiment, home, now=first)
    search(experiment, home, now=first)
    for day in EVENINGS:
        now = evening(day)
        refresh(experiment, home, now=now)
        look(order)
        keep_fresh(order, now=now, tell=sys.stderr.write)
        session = max(answer(order, clock=lambda now=now: now).table["as_of"])
        answer_in_shadow(order, clock=lambda now=now: now, session=session)
    look(order)


if __name__ == "__main__":
    live(sys.argv[1], Path(sys.argv[2]))
