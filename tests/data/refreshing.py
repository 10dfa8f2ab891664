"""Refreshes of small universes from a Yahoo on loopback, for tests: an experiment, a day, and what is served."""

import datetime as dt

from ml_core.data.intake.refresh import refresh
from ml_core.data.store.store import Store, open_store
from ml_core.spec.experiment import Experiment
from tests.data.loopback_yahoo import Listing
from tests.data.test_yahoo import PATIENT, SESSIONS, make_rows


def after(session: dt.date) -> dt.datetime:
    return dt.datetime.combine(session, dt.time(22), tzinfo=dt.UTC)


def make_experiment(tickers, calendar="XNYS", **data) -> Experiment:
    yahoo = {"source": "yahoo", "start": SESSIONS[0], "yahoo": PATIENT}
    universe = {"tickers": list(tickers), "calendar": calendar}
    return Experiment.model_validate(
        {"name": "x", "universe": universe, "data": yahoo | data, "task": {"lookback": 5}}
    )


def stored(home) -> Store:
    """What is kept of the loopback Yahoo, whoever asked for it."""
    return open_store(make_experiment(["AAA"]), home)


def run(server, home, *, until: int, tickers=("AAA", "BBB"), **data):
    now = after(SESSIONS[until - 1])
    return refresh(make_experiment(tickers, **data), home, now=now, session=server.session())


def grow(server, ticker: str, until: int, **changes) -> None:
    server.listings[ticker] = Listing(make_rows(SESSIONS[:until]), **changes)


def swapped(rows: list[tuple]) -> list[tuple]:
    """High and low: not one bar is sound."""
    return [(*row[:2], row[3], row[2], *row[4:]) for row in rows]


def one_swapped(place: int) -> Listing:
    rows = make_rows(SESSIONS[:60])
    return Listing([*rows[:place], *swapped(rows[place : place + 1]), *rows[place + 1 :]])
