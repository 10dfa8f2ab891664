"""How long one refresh goes on asking: what it has waited in vain, and whether anybody answers at all."""

import datetime as dt
import random
import threading
import time
from typing import Any

from ml_core.data.providers import FetchStatus, Outcome
from ml_core.data.providers._yahoo_answers import NO_LINE, SILENT
from ml_core.data.providers._yahoo_pace import Pace

SKEW = dt.timedelta(
    minutes=10
)  # by which a clock may be ahead: a session counts half an hour after its close


class Patience:
    """Shared by all that ask at once. Two that wait at the same time spend the budget once: it is time on the clock."""

    def __init__(self, config: Any, pace: Pace, chance: random.Random) -> None:
        self.config, self.pace = config, pace
        self.gave_up = ""
        self.status: FetchStatus = "failed"
        self.stopped = threading.Event()
        self._chance, self._ahead = chance, dt.timedelta()
        self._spent, self._counted_to = 0.0, 0.0
        self._refusals = self._silent = 0
        self._alone = threading.Lock()

    @property
    def left(self) -> float:
        return max(self.config.budget - self._spent, 0.0)

    def spend(self, since: float, until: float) -> None:
        """Count the time between two readings of the monotonic clock, less what others counted of it."""
        with self._alone:
            self._spent += max(until - max(since, self._counted_to), 0.0)
            self._counted_to = max(self._counted_to, until)
            if self._spent > self.config.budget > 0 and not self.gave_up:
                self.gave_up = f"the budget of {self.config.budget:g} s for waiting is used up"

    def wait(self, seconds: float) -> None:
        """In vain: it counts. Ends at once where the refresh is stopped."""
        began = time.monotonic()
        self.spend(began, began + seconds)
        self.stopped.wait(seconds)

    def go_on(self, *, refused: bool, attempt: int) -> bool:
        """Whether to ask again; a refusal first holds off everybody, another failure only waits itself."""
        if self.gave_up or (not refused and attempt >= self.config.tries):
            return False
        if not refused:
            seconds = self._longer(attempt)
            if seconds > self.left:
                return False
            self.wait(seconds)
            return not self.stopped.is_set()
        with self._alone:
            seconds = self.pace.refused_for()  # as Yahoo said, or as another that was refused has set
            if not seconds:
                self._refusals += 1
                seconds = self._longer(self._refusals)
        if self.allow(seconds):
            self.pace.hold_off(seconds)
        return not self.gave_up

    def allow(self, seconds: float) -> bool:
        """Whether a pause that Yahoo wants is within what is left; where it is not, nobody is asked any more."""
        if seconds > self.left:
            budget = f"the budget of {self.config.budget:g} s"
            self.status = "rate_limited"
            self.gave_up = f"Yahoo refuses (429, too many requests) for {seconds:.0f} s more, beyond {budget}"
        return not self.gave_up

    def heard(self, outcome: Outcome) -> None:
        """A run of tickers without an answer means that none is to be had."""
        with self._alone:
            if outcome.status != "rate_limited":
                self._refusals = 0
            silent = outcome.reason.startswith((NO_LINE, SILENT))
            self._silent = self._silent + 1 if silent else 0
            if self._silent >= self.config.give_up_after:
                self.gave_up = outcome.reason

    def compare_clocks(self, ours: dt.datetime, theirs: dt.datetime | None) -> None:
        """An answer says what time it is there."""
        if theirs is not None:
            self._ahead = max(self._ahead, ours - theirs)

    def notes(self) -> tuple[str, ...]:
        said = []
        if self._spent >= 1:
            said.append(f"waited {self._spent:.1f} s of {self.config.budget:g} s for Yahoo")
        if self._ahead > SKEW:
            hours = self._ahead.total_seconds() / 3600
            said.append(
                f"this machine's clock is {hours:.1f} h ahead of Yahoo's; Yahoo's says what has closed"
            )
        return tuple(said)

    def _longer(self, times: int) -> float:
        wanted = min(self.config.wait * 2 ** (times - 1), self.config.longest_wait)
        return wanted * (0.5 + self._chance.random())
