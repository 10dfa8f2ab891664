"""Brings the bars of one ticker that is none of the experiment's into its store, by the way in and the checks of every
refresh, for somebody who waits for a forecast of it."""

import datetime as dt
from typing import Any

from ml_core.data.intake.refresh import refresh
from ml_core.data.intake.refreshed import Refreshed
from ml_core.data.order import Order
from ml_core.data.source import Source
from ml_core.errors import InvalidInput
from ml_core.spec.experiment import Data, Experiment


def fetch_stranger(order: Order, ticker: str, *, now: dt.datetime, session: Any = None) -> Refreshed:
    """What is stored of others stays as it is. A refresh of the experiment that is under way is told as such."""
    if not order.source.asked_by_name:
        raise InvalidInput(f"'{ticker}': {order.source.name} cannot be asked for a ticker by its name")
    with order.alone("refresh"):
        return refresh(_of_one(order.experiment, order.source, ticker), order.home, now=now, session=session)


def _of_one(experiment: Experiment, source: Source, ticker: str) -> Experiment:
    """The same source and the same judgement of bars. The user's own tables and the series beside the universe are
    left to the refresh of the whole."""
    told, hurry = experiment.data, source.provider.hurry
    assert hurry is not None
    options = {name: value for name, value in told.options.items() if name == "quality"}
    options[source.name] = hurry(source.config).model_dump()
    alone = experiment.universe.model_copy(
        update={"tickers": (ticker,), "sectors": {}, "benchmark": None, "members": None, "delisting": {}}
    )
    data = Data(source=told.source, start=told.start, end=told.end, **options)
    return experiment.model_copy(update={"universe": alone, "data": data})
