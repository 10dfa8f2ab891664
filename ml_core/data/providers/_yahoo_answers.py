"""Judges what came of one question to Yahoo, an answer or an error, so that each ticker gets its bars, or a status
with its reason."""

import datetime as dt
import email.utils
import re
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ml_core.data.providers import Outcome
from ml_core.data.providers._yahoo_chart import to_bars
from ml_core.frames import BARS

REFUSED = {429: "too many requests", 503: "busy"}
SILENT = "no answer from Yahoo in time"
NO_LINE = "no connection to Yahoo"
NO_ANSWER = ("Timeout", "ReadTimeout", "ConnectTimeout", "TimeoutError")
NO_CONNECTION = ("ConnectionError", "DNSError", "ProxyError", "SSLError", "CertificateVerifyError")
CURL = re.compile(
    r"^Failed to perform, curl: \(\d+\) |\.? See https://curl\.se/\S+ first for more details\.?$"
)
CUT_SHORT = (
    "IncompleteRead",
    "ChunkedEncodingError",
    "ContentDecodingError",
    "RequestException",
    "CurlError",
)


@dataclass(frozen=True)
class YahooAnswer:
    """Bars and how it went; `zone`: where the exchange is; `at`: what time it was at Yahoo's."""

    outcome: Outcome
    bars: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=BARS))
    zone: str = "UTC"
    at: dt.datetime | None = None


def read_answer(response: Any, ticker: str) -> YahooAnswer:
    """Bars that came; an answer without them says why. Raises where the answer is none."""
    if said := REFUSED.get(response.status_code):
        return YahooAnswer(Outcome("rate_limited", f"Yahoo answers {response.status_code}, {said}"))
    chart = response.json()["chart"]
    if error := chart.get("error"):
        return YahooAnswer(_explain(str(error.get("description") or error.get("code"))))
    results = chart.get("result") or []
    if not results or not results[0]["indicators"]["quote"][0]:
        return YahooAnswer(Outcome("empty", "Yahoo: no prices between the dates asked for"))
    meta = results[0]["meta"]
    named = meta.get("symbol") or ticker
    if named.upper() != ticker.upper():
        return YahooAnswer(Outcome("failed", f"Yahoo answered for '{named}'; ask for it by that name"))
    at = read_clock(response.headers.get("Date"))
    return YahooAnswer(Outcome("ok"), to_bars(results[0], ticker), meta["exchangeTimezoneName"], at)


def read_clock(told: str | None) -> dt.datetime | None:
    """What an answer says of when it was given; None where it does not."""
    try:
        return email.utils.parsedate_to_datetime(told) if told else None
    except ValueError:
        return None


def _explain(reason: str) -> Outcome:
    unknown = "No data found" in reason or "symbol may be delisted" in reason or reason == "Not Found"
    return Outcome("unknown" if unknown else "empty", f"Yahoo: {reason}")


def judge(error: Exception) -> tuple[Outcome, bool]:
    """(outcome, whether asking again may help)."""
    names = [kind.__name__ for kind in type(error).__mro__]
    line = CURL.sub("", (str(error).strip().splitlines() or [names[0]])[0])[:160]
    if "YFRateLimitError" in names:
        return Outcome("rate_limited", f"Yahoo answers 429, {REFUSED[429]}"), True
    if any(name in names for name in NO_ANSWER):
        return Outcome("failed", SILENT), True
    if "JSONDecodeError" in names:
        return Outcome("failed", "Yahoo's answer is not JSON: an error page, or cut short"), True
    if any(name in names for name in NO_CONNECTION):
        return Outcome("failed", f"{NO_LINE}: {line}"), True
    if any(name in names for name in CUT_SHORT):
        return Outcome("failed", f"the connection broke: {line}"), True
    if isinstance(error, (KeyError, TypeError, IndexError, AttributeError)):
        return Outcome("failed", f"Yahoo's answer has an unknown shape: {names[0]} {line}"), True
    return Outcome("failed", f"{names[0]}: {line}"), True
