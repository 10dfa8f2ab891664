"""Lets those who sit beside whoever answers forecast the same session, in shadow: what they would have said is written
too, before anything of it can be known, and scored later. One who fails is told, and hurts nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from ml_core.data.order import Order
from ml_core.data.store.forecasts import read_forecast
from ml_core.errors import ForecastError
from ml_core.prediction.answer import Answer, Clock, answer
from ml_core.registry.seats import SEATS, tell_seat
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry


@dataclass(frozen=True)
class Shadows:
    """What the others said, and by version why one of them said nothing."""

    answers: tuple[Answer, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)

    def told(self) -> tuple[str, ...]:
        """A sentence for each who said something, and each who did not."""
        said = (
            f"in shadow: version {one.version.version} ({tell_seat(one.version)})" for one in self.answers
        )
        return *said, *(f"in shadow: version {who} failed: {why}" for who, why in self.failed.items())


def answer_in_shadow(order: Order, *, clock: Clock, session: dt.date, by: str | None = None) -> Shadows:
    """Of all who sit beside the one who answers, those who have not said anything of this session, the last one that
    is stored. Whatever goes wrong with one of them stays with him."""
    answers, failed = [], {}
    for sitting in lacking(order, session)[1]:
        try:
            answers.append(answer(order, clock=clock, version=sitting.version, by=by))
        except Exception as error:  # a challenger has passed no gate: it may do anything
            told = str(error) if isinstance(error, ForecastError) else f"{type(error).__name__}: {error}"
            failed[sitting.version] = told.splitlines()[0]
    return Shadows(tuple(answers), failed)


def lacking(order: Order, session: dt.date) -> tuple[ModelVersion | None, list[ModelVersion]]:
    """Who has written no forecast of that session: the one who answers, None where he has; and those beside him."""
    registry, stored = Registry(order.home), read_forecast(order.home, order.name, as_of=session)
    written, answering = (
        set(stored.filter(pl.col("mean").is_not_null())["version"]),
        registry.find(order.name),
    )
    beside: dict[str, ModelVersion] = {}
    for seat in SEATS:
        sitting = registry.sitting(order.name, seat)
        if sitting and sitting.version not in (answering.version, *written):
            beside[sitting.version] = sitting
    return None if answering.version in written else answering, list(beside.values())
