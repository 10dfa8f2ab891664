"""Daily bars from Yahoo Finance through yfinance, ticker by ticker: bars, and for each ticker how it went.

yfinance hides most failures and remembers bad answers; here each is named, waited for within a stated budget, and
asked again afresh.
"""

import datetime as dt
import logging
import random
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from ml_core.data.calendar import last_closed_session
from ml_core.data.providers import Fetched, Outcome, Progress, Request
from ml_core.data.providers._yahoo_answers import judge, to_bars
from ml_core.experiment import Section, Universe
from ml_core.frames import BARS

FIRST = dt.date(1970, 1, 2)
PART = 25
_one_stream = threading.Lock()  # yfinance keeps one session, cookie and crumb per process


class Config(Section):
    """Seconds. `budget` bounds all waiting of one refresh; `pace` is the pause between two tickers, `wait` the
    first pause after a refusal, doubled each time up to `longest_wait`; `tries` are per ticker, for failures
    other than refusals. After `give_up_after` tickers in a row without a connection the others are not asked.
    `sectors`: ask once for the sector of each ticker, at three more requests."""

    budget: Annotated[float, Field(ge=0)] = 900.0
    timeout: Annotated[float, Field(gt=0)] = 20.0
    pace: Annotated[float, Field(ge=0)] = 0.1
    wait: Annotated[float, Field(gt=0)] = 3.0
    longest_wait: Annotated[float, Field(gt=0)] = 120.0
    tries: Annotated[int, Field(ge=1)] = 3
    give_up_after: Annotated[int, Field(ge=1)] = 3
    sectors: bool = False


def identity(_universe: Universe, _config: Config) -> str:
    """Yahoo's bars are one series, whoever asks and however patiently."""
    return "yahoo"


def fetch(request: Request, config: Config, *, progress: Progress | None = None) -> Fetched:
    """Ask for every ticker; what came is returned even where others failed."""
    parts = list(stream(request, config, progress=progress))
    outcomes = {ticker: outcome for part in parts for ticker, outcome in part.outcomes.items()}
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Fetched(pl.concat(part.bars for part in parts), outcomes, notes)


def stream(request: Request, config: Config, *, progress: Progress | None = None) -> Iterator[Fetched]:
    """As `fetch`, some tickers at a time, so that they can be stored before the next are asked for."""
    patience = Patience(config, random.Random(f"{request.now}"))
    for first in range(0, len(request.tickers), PART):
        tables, outcomes = [], {}
        with _one_stream, _open_yfinance(request) as yfinance:
            for place, ticker in enumerate(request.tickers[first : first + PART], start=first + 1):
                bars, outcomes[ticker] = _ask(yfinance, ticker, request, patience)
                tables.append(bars)
                if progress:
                    progress(ticker, place, len(request.tickers))
        last = first + PART >= len(request.tickers)
        yield Fetched(pl.concat(tables), outcomes, patience.notes() if last else ())


def fetch_sectors(tickers: tuple[str, ...], request: Request, config: Config) -> dict[str, str]:
    """The sector of each ticker; "" for one that has none, as a fund. Those that fail are asked again next time."""
    told: dict[str, str] = {}
    for ticker in tickers:
        with _one_stream, _open_yfinance(request) as yfinance:
            time.sleep(config.pace)
            try:
                told[ticker] = yfinance.Ticker(ticker, session=request.session).info.get("sector") or ""
            except Exception as error:  # as for bars: of every kind
                outcome, _ = judge(error)
                if outcome.status == "rate_limited":
                    break
    return told


class Patience:
    """How long to go on asking: the waiting that is left, and whether anybody answers at all."""

    def __init__(self, config: Config, chance: random.Random) -> None:
        self.config = config
        self.left = config.budget
        self.refusals = 0
        self.silent = 0
        self.gave_up = ""
        self._chance = chance

    def pause(self, *, refused: bool, attempt: int) -> bool:
        """Wait before asking again; False where the budget or the tries are used up."""
        if not refused and attempt >= self.config.tries:
            return False
        self.refusals += refused
        times = self.refusals if refused else attempt
        wanted = min(self.config.wait * 2 ** (times - 1), self.config.longest_wait)
        seconds = wanted * (0.5 + self._chance.random())
        if seconds > self.left:
            if refused:
                self.gave_up = f"Yahoo refused (429) for the whole budget of {self.config.budget:g} s"
            return False
        self.left -= seconds
        time.sleep(seconds)
        return True

    def heard(self, outcome: Outcome) -> None:
        """A run of tickers without connection means that none is to be had."""
        if outcome.status != "rate_limited":
            self.refusals = 0
        self.silent = self.silent + 1 if outcome.reason.startswith("no connection") else 0
        if self.silent >= self.config.give_up_after:
            self.gave_up = outcome.reason

    def notes(self) -> tuple[str, ...]:
        waited = self.config.budget - self.left
        return (f"waited {waited:.1f} s of {self.config.budget:g} s for Yahoo",) if waited >= 1 else ()


def _ask(yfinance: Any, ticker: str, request: Request, patience: Patience) -> tuple[pl.DataFrame, Outcome]:
    nothing = pl.DataFrame(schema=BARS)
    if patience.gave_up:
        status = "rate_limited" if "429" in patience.gave_up else "failed"
        return nothing, Outcome(status, f"not asked: {patience.gave_up}")
    attempt = 0
    while True:
        attempt += 1
        try:
            history = _history(yfinance, ticker, request, patience.config)
        except Exception as error:  # yfinance raises of every kind, its own and of three libraries
            outcome, again = judge(error)
            if again and patience.pause(refused=outcome.status == "rate_limited", attempt=attempt):
                yfinance.data.YfData().cache_get.cache_clear()  # else the bad answer is served again
                continue
            patience.heard(outcome)
            return nothing, outcome
        bars = to_bars(history, ticker).filter(pl.col("date") <= _last_wanted(request, history))
        outcome = Outcome("ok", rows=bars.height) if bars.height else Outcome("empty", "no session in range")
        patience.heard(outcome)
        return bars, outcome


def _history(yfinance: Any, ticker: str, request: Request, config: Config) -> Any:
    if config.pace:
        time.sleep(config.pace)
    start = max(request.since.get(ticker) or request.start or FIRST, FIRST)
    last = min(request.end or dt.date.max, request.now.date() + dt.timedelta(days=1))
    return yfinance.Ticker(ticker, session=request.session).history(
        start=start.isoformat(),
        end=(last + dt.timedelta(days=1)).isoformat(),
        interval="1d",
        auto_adjust=False,
        actions=True,
        keepna=True,
        timeout=config.timeout,
    )


def _last_wanted(request: Request, history: Any) -> dt.date:
    """The last session that has closed; without a calendar, the last date that is over at the exchange."""
    closed = last_closed_session(request.calendar, request.now)
    if closed is None:
        zone = history.index.tz or dt.UTC
        closed = request.now.astimezone(zone).date() - dt.timedelta(days=1)
    return min(closed, request.end or dt.date.max)


@contextmanager
def _open_yfinance(request: Request) -> Iterator[Any]:
    """yfinance made to raise rather than to log; as it was, afterwards."""
    with warnings.catch_warnings():
        import yfinance
        import yfinance.data

        warnings.simplefilter("ignore")
        logger = logging.getLogger("yfinance")
        level, hidden = logger.level, yfinance.config.debug.hide_exceptions
        if request.cache:
            request.cache.mkdir(parents=True, exist_ok=True)
            yfinance.set_tz_cache_location(str(request.cache))
        logger.setLevel(logging.CRITICAL)
        yfinance.config.debug.hide_exceptions = False
        try:
            yfinance.data.YfData(session=request.session).cache_get.cache_clear()
            yield yfinance
        finally:
            yfinance.config.debug.hide_exceptions = hidden
            logger.setLevel(level)
