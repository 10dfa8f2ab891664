"""Says how it stands with what is served: whether anybody answers, from how old a state, and what keeps a newer one
from being served."""

import datetime as dt
from typing import Literal

from pydantic import Field

from ml_core.data.age import market_clock, tell_old
from ml_core.data.order import Order
from ml_core.prediction.answer import Clock
from ml_core.registry.seats import seat_of
from serving.champion import Champion, Served
from serving.hints import Hints
from serving.messages import Health, Message

UNSEEN = dt.timedelta(
    seconds=10
)  # a look is due every few seconds; after so many without one something hangs
STARTING = "the server has just started and is loading whoever answers; ask again in a few seconds"


class Ready(Message):
    """Predictions are answered. `ok`: as they should be. `old`: from old prices or by an old model. `degraded`: by what
    was good before, for what came after it cannot be served."""

    status: Literal["ok", "old", "degraded"]
    version: str = Field(description="Version of the registered model that answers.")
    why: str | None = Field(description="What is not as it should be, and what helps; null if all is well.")
    checked: dt.datetime | None = Field(description="When registry and store were last looked at.")


class ServedCondition:
    """Of one experiment's champion."""

    def __init__(self, order: Order, champion: Champion, clock: Clock, hints: Hints) -> None:
        self._order, self.champion, self.clock, self._hints = order, champion, clock, hints

    def health(self) -> Health:
        champion, experiment = self.champion, self._order.experiment
        if champion.checked is None:
            champion.look()
        served, failure = champion.served, champion.failure
        old, old_model = self._tell_old(served) if served else ("", "")
        answering = "degraded" if failure else "old" if old or old_model else "ok"
        return Health(
            status=answering if served else "waiting",
            experiment=experiment.name,
            model=experiment.model_name,
            version=served.version.version if served else None,
            data_version=served.data_version if served else None,
            seat=seat_of(served.version) if served else None,
            as_of=max(served.latest["as_of"]) if served else None,
            old=old or None,
            old_model=old_model or None,
            checked=champion.checked,
            failure=self.in_one_line(failure) if failure else None,
        )

    def market_clock(self, served: Served) -> dt.datetime:
        """By which prices and model age: that of `doctor` and of monitoring."""
        newest = max(served.prices["date"])
        return market_clock(self._order.experiment, newest, now=self.clock())

    def ready(self) -> Ready | str:
        """That predictions are answered, or why not yet. It never waits for a look that is under way."""
        if self.champion.starting:
            return STARTING
        health = self.health()
        if health.version is None or health.status == "waiting":
            return health.failure or STARTING
        late = self._tell_late(health.checked)
        newer = f"a newer state cannot be served: {health.failure}" if health.failure else late
        return Ready(
            status="degraded" if newer else health.status,
            version=health.version,
            why=newer or health.old or health.old_model,
            checked=health.checked,
        )

    def in_one_line(self, failure: Exception | None) -> str:
        """Without the path of the home: health is open to everyone."""
        text = " ".join(str(failure).split()) or type(failure).__name__
        return self._hints.tell(text.replace(str(self._order.home.root), "HOME")[:500])

    def _tell_old(self, served: Served) -> tuple[str, str]:
        """That prices are, and that the model is."""
        prices = tell_old(self._order.experiment, max(served.prices["date"]), now=self.clock())
        return self._hints.tell(prices), self._hints.tell(served.old)

    def _tell_late(self, checked: dt.datetime | None) -> str | None:
        """Nobody knows what happened in registry and store since the last look."""
        gone = self.clock() - checked if checked else dt.timedelta()
        if gone <= UNSEEN:
            return None
        return f"the last look at registry and store ended {gone.total_seconds():.0f} seconds ago"
