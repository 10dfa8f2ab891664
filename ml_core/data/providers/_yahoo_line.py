"""The one session through which yfinance speaks to Yahoo: every request waits its turn, has a time-out that is kept,
and is noted where Yahoo wants a pause."""

import datetime as dt
import email.utils
import time
from typing import Any
from urllib.parse import urlsplit

import curl_cffi.requests
from curl_cffi.requests.exceptions import RequestException, Timeout

from ml_core.data.providers._yahoo_patience import Patience

ASIDE = 4  # a cookie or a crumb may take this part of the time-out: prices come without them as well
SKIPPED = 60.0  # seconds for which a host of cookies that was silent is not asked
LEAST = 1.0  # seconds that an answer is given, however little is left of the budget
COOKIES = "fc.yahoo.com"  # yfinance asks it before every question for as long as no cookie has come of it
WANTS_PAUSE = (429, 503)


class YahooConnection(curl_cffi.requests.Session):
    """yfinance asks for cookies with a time-out of its own, 30 s each, up to four before one question, whatever it is
    told: here they are bounded. A curl_cffi session may be used by several threads: each has its own handle."""

    def __init__(self, through: Any, patience: Patience, timeout: float) -> None:
        super().__init__()
        self.through = through or curl_cffi.requests.Session(impersonate="chrome")
        self._cookies = self.through.cookies
        self._patience, self._timeout = patience, timeout
        self._skipped: dict[str, float] = {}
        self._cookies_told: Any = None

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        prices, host = "/chart/" in url, urlsplit(url).netloc
        if not prices and self._skipped.get(host, 0.0) > time.monotonic():
            raise Timeout(f"{host} was silent a moment ago")
        if host == COOKIES and self._cookies_told is not None:
            return self._cookies_told
        self._take_turn()
        longest = self._timeout if prices else self._timeout / ASIDE
        kwargs["timeout"] = min(longest, max(self._patience.left, LEAST))
        began = time.monotonic()
        try:
            answer = self.through.request(method, url, *args, **kwargs)
        except RequestException:
            self._patience.spend(began, time.monotonic())
            if not prices:
                self._skipped[host] = time.monotonic() + SKIPPED
            raise
        if host == COOKIES and answer.status_code not in WANTS_PAUSE:
            self._cookies_told = answer
        if answer.status_code in WANTS_PAUSE and (seconds := read_pause(answer.headers.get("Retry-After"))):
            self._patience.pace.hold_off(seconds)
        return answer

    def _take_turn(self) -> None:
        seconds, refused = self._patience.pace.book()
        if refused and not self._patience.allow(seconds):
            raise Timeout(self._patience.gave_up)
        (self._patience.wait if refused else self._patience.stopped.wait)(seconds)
        if self._patience.stopped.is_set():
            raise Timeout("the refresh was stopped")


def read_pause(told: str | None) -> float:
    """Seconds that `Retry-After` asks for, a number or a date; 0 where it does not."""
    if not told:
        return 0.0
    try:
        return max(float(told), 0.0)
    except ValueError:
        pass
    try:
        until = email.utils.parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    return max((until - dt.datetime.now(until.tzinfo)).total_seconds(), 0.0)
