"""Fetches a ticker outside the universe for whoever asks by its name: one at a time, so many an hour, and not the same
one again within minutes. No visitor can make the server hammer its source."""

import datetime as dt
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from pydantic import Field

from ml_core.data.intake.refreshed import Refreshed
from ml_core.data.order import Order
from ml_core.errors import AlreadyRunning, ForecastError, InvalidData, InvalidInput, UnknownTicker
from ml_core.prediction.answer import Clock
from serving.champion import Served
from serving.fields import LONGEST_TICKER, TICKER
from serving.messages import Message
from serving.tickers import find_name, may_be_fetched

REMEMBERED = dt.timedelta(minutes=5)
HOUR, AN_HOUR = dt.timedelta(hours=1), 30  # tickers
TAKEN_UP = 30.0  # seconds within which the newer store is served
WAIT = 0.1


class FetchedTicker(Message):
    """What is stored of a ticker now. Its forecast is asked for as any other."""

    ticker: str = Field(description="As it is stored.")
    fetched: bool = Field(
        description="Whether the source was asked just now; false where all it has is stored."
    )
    bars: int = Field(description="How many are stored.")
    first: dt.date | None
    last: dt.date | None
    refused: int = Field(description="Bars that came and were kept out, as they cannot be true.")
    repaired: int = Field(description="Bars that were put right.")
    notes: list[str] = Field(description="What else was found: bars that are kept and that nothing explains.")


class Strangers:
    """Of one experiment. `session`: what its source is spoken to through, None for its own."""

    def __init__(
        self,
        order: Order,
        clock: Clock,
        served: Callable[[], Served],
        look: Callable[[], None],
        session: Any = None,
    ) -> None:
        self._order, self._clock, self._served, self._look = order, clock, served, look
        self._session = session
        self._fetching = threading.Lock()
        self._begun: deque[dt.datetime] = deque()
        self._asked: dict[str, tuple[dt.datetime, ForecastError | None]] = {}

    def find_missing(self, given: str) -> str | None:
        """The name by which the source can be asked for it; None where nothing is to be fetched of it."""
        served = self._served()
        try:
            name = find_name(self._order, served, given)
        except UnknownTicker:
            name = given.strip().upper()
            return name if _is_ticker(name) and may_be_fetched(self._order, served, name) else None
        old = name not in served.tickers and self._is_old(served, name)
        return name if old and may_be_fetched(self._order, served, name) else None

    def fetch(self, given: str) -> FetchedTicker:
        """Nothing is fetched where the newest session is stored, or where the source was asked a moment ago."""
        name = self.find_missing(given)
        if name is None:
            return self._tell(find_name(self._order, self._served(), given))
        if name in (asked := self._recall()):
            _, error = asked[name]
            if error is not None:
                raise error
            return self._tell(name)
        if not self._fetching.acquire(blocking=False):
            raise AlreadyRunning(f"{name} waits: another ticker is being fetched; ask again in a few seconds")
        try:
            return self._tell(name, self._ask(name))
        finally:
            self._fetching.release()

    def _ask(self, name: str) -> Refreshed:
        from ml_core.data.intake.stranger import fetch_stranger  # checks of bars, which no other answer needs

        self._require_rest(name)
        now = self._clock()
        try:
            done = fetch_stranger(self._order, name, now=now, session=self._session)
        except AlreadyRunning as error:
            raise AlreadyRunning(f"{name} waits: {error}; ask again when that has ended") from None
        except (
            InvalidInput,
            InvalidData,
        ) as error:  # its source knows no such ticker, or has nothing sound of it
            refused = UnknownTicker(str(error))
            self._asked[name] = (now + REMEMBERED, refused)
            raise refused from None
        except ForecastError as error:
            self._asked[name] = (now + REMEMBERED, error)
            raise
        self._asked[name] = (now + REMEMBERED, None)
        self._take_up(done.version or 0)
        return done

    def _require_rest(self, name: str) -> None:
        now = self._clock()
        while self._begun and self._begun[0] + HOUR <= now:
            self._begun.popleft()
        if len(self._begun) >= AN_HOUR:
            wait = self._begun[0] + HOUR - now
            raise AlreadyRunning(
                f"{name} waits: {AN_HOUR} tickers were fetched within an hour; "
                f"ask again in {wait.total_seconds() / 60:.0f} minutes"
            )
        self._begun.append(now)

    def _recall(self) -> dict[str, tuple[dt.datetime, ForecastError | None]]:
        """Those that were asked for a moment ago, and what came of it."""
        now = self._clock()
        self._asked = {name: kept for name, kept in self._asked.items() if kept[0] > now}
        return self._asked

    def _take_up(self, version: int) -> None:
        """Forecasts are made from the prices that are served: wait until those are that new."""
        until = time.monotonic() + TAKEN_UP
        while self._served().data_version < version:
            if time.monotonic() > until:
                raise ForecastError("the bars are stored, but cannot be served yet; /ready says why")
            self._look()
            time.sleep(WAIT)

    def _is_old(self, served: Served, name: str) -> bool:
        span = self._order.store.bars.spans((name,)).get(name)
        return span is None or span[1] < max(served.latest["as_of"])

    def _tell(self, name: str, done: Refreshed | None = None) -> FetchedTicker:
        first, last, bars = self._order.store.bars.spans((name,)).get(name, (None, None, 0))
        return FetchedTicker(
            ticker=name,
            fetched=done is not None,
            bars=bars,
            first=first,
            last=last,
            refused=done.quarantined if done else 0,
            repaired=done.repaired if done else 0,
            notes=[*done.held_back.values(), *done.jumps] if done else [],
        )


def _is_ticker(name: str) -> bool:
    return len(name) <= LONGEST_TICKER and re.fullmatch(TICKER, name) is not None
