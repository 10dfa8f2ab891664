"""Makes another version champion because a visitor says so, and tells what came of it."""

from collections.abc import Callable
from typing import Self

from pydantic import Field

from ml_core.data.order import Order
from ml_core.data.past import newest_session
from ml_core.prediction.answer import Clock
from ml_core.registry.by_hand import SeatChange, Seated, consider, seat_by_hand
from ml_core.registry.versions import Registry
from serving.messages import Message


class Seating(Message):
    """Who is champion now."""

    version: str
    left: str | None = Field(description="Who was before; null where the seat was empty.")
    forced: bool = Field(description="Whether the gate had refused it.")
    against: str | None = Field(description="What the gate had against it.")

    @classmethod
    def of(cls, done: Seated) -> Self:
        return cls(
            version=done.version, left=done.left, forced=bool(done.against), against=done.against or None
        )


class Seats:
    """Of one experiment. `look` sees who sits there, so that whoever has just sat down is served at once."""

    def __init__(self, order: Order, clock: Clock, look: Callable[[], None]) -> None:
        self._order, self._clock, self._look = order, clock, look

    def consider(self, asked: SeatChange) -> Seated:
        """What would come of that, or why it is refused."""
        return consider(Registry(self._order.home), self._order.name, asked)

    def seat(self, asked: SeatChange) -> Seated:
        registry, since = Registry(self._order.home), newest_session(self._order.experiment, self._order.home)
        done = seat_by_hand(registry, self._order.name, asked, day=self._clock().date(), since=since)
        self._look()
        return done
