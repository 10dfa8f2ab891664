"""A small market that is lived through day by day: bars come after each close, outcomes are scored, and reference and
challenger forecast what comes next."""

import datetime as dt

import polars as pl

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import Order, place_order
from ml_core.data.prices import read_prices
from ml_core.home.settings import Home
from ml_core.live.look import Looked, look
from ml_core.prediction.answer import answer
from ml_core.prediction.shadows import Shadows, answer_in_shadow
from ml_core.promotion.judge import promote_candidate
from ml_core.promotion.reference import fill_seat
from ml_core.registry.searched import Searched
from ml_core.spec.experiment import Model
from tests.candidate import fit_candidate
from tests.market import small_experiment

# The gate asks for money, which so small a market cannot prove: who knows the signal is refused, and is challenger.
EXPERIMENT = small_experiment(
    data={"simulated": {"sessions": 330, "seed": 3, "ic": 0.6, "signal": "linear"}},
    features={"names": ["gap_shock", "shock"]},
    gate={"claims": ["order", "money"], "require": ["money"], "deflated_sharpe": 0.999},
).model_copy(update={"model": Model(family="ridge")})
BEGIN = dt.date(2019, 1, 4)


def evening(day: dt.date) -> dt.datetime:
    """After the close in New York, before the next one."""
    return dt.datetime(day.year, day.month, day.day, 23, tzinfo=dt.UTC)


def open_market(home: Home, *, day: dt.date = BEGIN) -> Order:
    """Bars up to that day, a reference, and a challenger who was refused."""
    order = place_order(EXPERIMENT, home)
    refresh(EXPERIMENT, home, now=evening(day))
    fill_seat(order, now=evening(day))
    candidate = fit_candidate(EXPERIMENT, home, Searched(trials=3))
    assert not promote_candidate(EXPERIMENT, home, candidate, now=evening(day)).promoted
    return order


def speak(order: Order, day: dt.date, *, now: dt.datetime | None = None) -> Shadows:
    """Whoever answers, and the others in shadow, on what is stored."""
    moment = now or evening(day)
    session = max(answer(order, clock=lambda: moment).table["as_of"])
    return answer_in_shadow(order, clock=lambda: moment, session=session)


def next_day(order: Order, day: dt.date) -> dt.date:
    """The session after that day, its bars stored."""
    for ahead in range(1, 8):
        refresh(EXPERIMENT, order.home, now=evening(day + dt.timedelta(days=ahead)))
        newest = read_prices(EXPERIMENT, order.home).select(pl.col("date").max()).item()
        if newest > day:
            return newest
    raise AssertionError(f"no session within a week of {day}")


def live_through(
    order: Order, day: dt.date, *, days: int, looking: bool = True
) -> tuple[dt.date, list[Looked]]:
    """So many evenings: bars, a look, forecasts."""
    looks = []
    for _ in range(days):
        day = next_day(order, day)
        if looking:
            looks.append(look(order))
        speak(order, day)
    return day, looks
