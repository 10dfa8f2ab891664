"""Daily bars from Yahoo Finance, ticker by ticker: bars, and for each ticker how it went.

yfinance brings cookie, crumb and a browser's handshake; the chart's answer is read here, one request a ticker. Every
failure is named, waited for within a stated budget, and asked again.
"""

import datetime as dt
import logging
import queue
import random
import threading
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import Field

from ml_core.data.calendar import last_closed_session
from ml_core.data.providers import Fetched, Outcome, Provider, RemoteConfig, Request, TellFetched
from ml_core.data.providers._yahoo_answers import YahooAnswer, judge, read_answer
from ml_core.data.providers._yahoo_pace import Pace
from ml_core.data.providers._yahoo_patience import SKEW, Patience
from ml_core.frames import BARS
from ml_core.spec.experiment import Universe

CHART = "https://query2.finance.yahoo.com/v8/finance/chart/"
FIRST = dt.date(1970, 1, 2)
DAY = dt.timedelta(days=1)
LET_GO = 1.0  # seconds for threads to end; one that waits for Yahoo ends with its time-out, or the process
_one_stream = threading.Lock()  # yfinance keeps one session, cookie and crumb per process


class Config(RemoteConfig):
    """Seconds. `budget` bounds all waiting in vain of one refresh: pauses after refusals and time-outs. `pace` lies
    between two requests of all processes of a home, `at_once` are under way together. `wait` is the first pause
    after a refusal, doubled each time up to `longest_wait`, if Yahoo names none; `tries` are per ticker, for
    failures other than refusals. After `give_up_after` tickers in a row without an answer the others are not asked.
    `sectors` costs three more requests a ticker."""

    budget: Annotated[float, Field(ge=0)] = 900.0
    timeout: Annotated[float, Field(gt=0)] = 20.0
    pace: Annotated[float, Field(ge=0)] = 0.1
    at_once: Annotated[int, Field(ge=1, le=16)] = 4
    wait: Annotated[float, Field(gt=0)] = 3.0
    longest_wait: Annotated[float, Field(gt=0)] = 120.0
    tries: Annotated[int, Field(ge=1)] = 3
    give_up_after: Annotated[int, Field(ge=1)] = 3


def identity(_universe: Universe, _config: Config) -> str:
    """Yahoo's bars are one series, whoever asks and however patiently."""
    return "yahoo"


def hurry(config: Config) -> Config:
    """For one ticker that somebody waits for: an answer, or none, within half a minute. It takes nobody's turn."""
    bounds: dict[str, Any] = {"budget": 8.0, "timeout": 8.0, "tries": 2}
    least = {name: min(getattr(config, name), most) for name, most in bounds.items()}
    return config.model_copy(update={**least, "rotate": False, "sectors": False})


def fetch(request: Request, config: Config, *, progress: TellFetched | None = None) -> Fetched:
    """Ask for every ticker; what came is returned even where others failed."""
    parts = list(stream(request, config, progress=progress))
    outcomes = {ticker: outcome for part in parts for ticker, outcome in part.outcomes.items()}
    bars = {ticker: part.bars for part in parts for ticker in part.outcomes}
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Fetched(
        pl.concat([pl.DataFrame(schema=BARS), *(bars[ticker] for ticker in request.tickers)]),
        {ticker: outcomes[ticker] for ticker in request.tickers},
        notes,
    )


def stream(request: Request, config: Config, *, progress: TellFetched | None = None) -> Iterator[Fetched]:
    """As `fetch`, each ticker as it comes, while the next ones are asked for. `progress` hears of a ticker when the
    next one is wanted: what was taken is the taker's by then."""
    with _speak(request, config) as (talk, patience):
        waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        came: queue.SimpleQueue[Any] = queue.SimpleQueue()
        closed = last_closed_session(request.calendar, request.now, almanac=request.almanac)
        for ticker in request.tickers:
            waiting.put(ticker)

        def work() -> None:
            try:
                while not patience.stopped.is_set():
                    ticker = waiting.get_nowait()
                    came.put((ticker, *_ask(talk, ticker, request, patience, closed)))
            except queue.Empty:
                return
            except BaseException as error:  # a fault of this file: told where somebody listens
                came.put(error)

        count = len(request.tickers)
        threads = [threading.Thread(target=work, daemon=True) for _ in range(min(config.at_once, count))]
        for thread in threads:
            thread.start()
        try:
            for place in range(1, count + 1):
                answer = came.get()
                if isinstance(answer, BaseException):
                    raise answer
                ticker, bars, outcome = answer
                yield Fetched(bars, {ticker: outcome}, patience.notes() if place == count else ())
                if progress:
                    progress(ticker, place, count)
        finally:
            patience.stopped.set()
            for thread in threads:
                thread.join(LET_GO)


def fetch_sectors(tickers: tuple[str, ...], request: Request, config: Config) -> dict[str, str]:
    """The sector of each ticker; "" for one that has none, as a fund. Those that fail are asked again next time."""
    told: dict[str, str] = {}
    with _speak(request, config):
        import yfinance

        hidden, yfinance.config.debug.hide_exceptions = yfinance.config.debug.hide_exceptions, False
        try:
            for ticker in tickers:
                try:
                    told[ticker] = yfinance.Ticker(ticker).info.get("sector") or ""
                except Exception as error:  # yfinance raises of every kind, its own and of three libraries
                    outcome, _ = judge(error)
                    if outcome.status == "rate_limited":
                        break
        finally:
            yfinance.config.debug.hide_exceptions = hidden
    return told


def _ask(
    talk: Any, ticker: str, request: Request, patience: Patience, closed: dt.date | None
) -> tuple[pl.DataFrame, Outcome]:
    attempt = 0
    while not patience.gave_up:
        attempt += 1
        try:
            answer = read_answer(_request_chart(talk, ticker, request, patience.config), ticker)
            again = answer.outcome.status == "rate_limited"
        except Exception as error:  # of every kind: yfinance's own, curl's, and what an odd answer leads to
            outcome, again = judge(error)
            answer = YahooAnswer(outcome)
            if patience.gave_up:
                break
        if again and patience.go_on(refused=answer.outcome.status == "rate_limited", attempt=attempt):
            continue
        patience.heard(answer.outcome)
        if answer.outcome.status != "ok":
            return answer.bars, answer.outcome
        patience.compare_clocks(request.now, answer.at)
        bars = _wanted(answer, request, ticker, closed)
        empty = Outcome("empty", "no session in range")
        return bars, Outcome("ok", rows=bars.height) if bars.height else empty
    said = patience.gave_up if attempt else f"not asked: {patience.gave_up}"
    return pl.DataFrame(schema=BARS), Outcome(patience.status, said)


def _request_chart(talk: Any, ticker: str, request: Request, config: Config) -> Any:
    """A day more at either end: which moment a date begins at is known once the answer tells the exchange."""
    last = min(request.end or dt.date.max - DAY, request.now.date() + DAY)
    begin, end = _first_wanted(request, ticker) - DAY, last + 2 * DAY
    moments = {
        name: int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp())
        for name, day in (("period1", begin), ("period2", end))
    }
    asked = {"interval": "1d", "includePrePost": False, "events": "div,splits,capitalGains"}
    return talk.get(CHART + quote(ticker, safe=""), params=moments | asked, timeout=config.timeout)


def _first_wanted(request: Request, ticker: str) -> dt.date:
    return max(request.since.get(ticker) or request.start or FIRST, FIRST)


def _wanted(answer: YahooAnswer, request: Request, ticker: str, closed: dt.date | None) -> pl.DataFrame:
    """Bars of the range asked for whose session has closed; without a calendar, whose date is over at the exchange.
    Where this machine's clock is ahead of Yahoo's, Yahoo's tells what has closed."""
    now = request.now
    if answer.at and now - answer.at > SKEW:
        now = answer.at
        closed = last_closed_session(request.calendar, now, almanac=request.almanac)
    closed = closed or now.astimezone(ZoneInfo(answer.zone)).date() - DAY
    last = min(closed, request.end or dt.date.max)
    dates, first = answer.bars["date"], _first_wanted(request, ticker)
    if dates.is_sorted():  # as nearly always: to cut costs less than to look at each row
        start = bisect_left(dates, first)
        return answer.bars.slice(start, max(bisect_right(dates, last) - start, 0))
    return answer.bars.filter((dates >= first) & (dates <= last))


@contextmanager
def _speak(request: Request, config: Config) -> Iterator[tuple[Any, Patience]]:
    """yfinance's way to Yahoo, for one refresh at a time, over a paced line; quiet, and as it was afterwards."""
    with warnings.catch_warnings():  # the import sets filters of its own
        import yfinance
        import yfinance.data

        from ml_core.data.providers._yahoo_line import YahooConnection
    with _one_stream:
        if request.cache:
            request.cache.mkdir(parents=True, exist_ok=True)
            yfinance.set_tz_cache_location(str(request.cache))
        pace = Pace(request.cache / "pace" if request.cache else None, config.pace)
        patience = Patience(config, pace, random.Random(f"{request.now}"))
        line = YahooConnection(request.session, patience, config.timeout)
        logger = logging.getLogger("yfinance")
        level = logger.level
        logger.setLevel(logging.CRITICAL)
        try:
            yield yfinance.data.YfData(session=line), patience
        finally:
            patience.stopped.set()
            yfinance.data.YfData(session=line.through)
            logger.setLevel(level)


PROVIDER = Provider(Config, identity, fetch, stream=stream, fetch_sectors=fetch_sectors, hurry=hurry)
