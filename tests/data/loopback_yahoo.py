"""A real HTTP server on loopback that speaks Yahoo's cookie, crumb, chart and quoteSummary, and misbehaves on order.

`LoopbackSession` sends every request of yfinance there; nothing else of yfinance or of the product is changed.
"""

import datetime as dt
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import curl_cffi.requests

LASTING = 31_557_600  # seconds
COOKIE = f"A3=d=loopback; Domain=yahoo.com; Path=/; Max-Age={LASTING}"
CONSENT = '<form><input name="csrfToken" value="c"><input name="sessionId" value="s"></form>'


@dataclass
class Listing:
    """One ticker: its sessions' (date, open, high, low, close, adjusted, volume), its actions, how it misbehaves.

    `faults` are used up one by one, one per request for prices; the last stays if `for_ever`.
    """

    rows: list[tuple]
    dividends: dict[dt.date, float] = field(default_factory=dict)
    splits: dict[dt.date, tuple[int, int]] = field(default_factory=dict)
    gains: dict[dt.date, float] = field(default_factory=dict)
    zone: str = "America/New_York"
    opens: dt.time = dt.time(9, 30)
    kind: str = "EQUITY"
    currency: str = "USD"
    sector: str = "Technology"
    live: tuple | None = (
        None  # a last row that is still moving: (moment, open, high, low, close, adjusted, volume)
    )
    faults: list[str] = field(default_factory=list)
    for_ever: bool = False
    symbol: str = ""  # for whom the answer says that it is, where not for the ticker asked
    clock: dt.datetime | None = None  # what time it is at Yahoo's, where not now
    winter_clock: bool = False  # summer's stamps are made as if it were winter: an hour late, or early


class LoopbackYahoo:
    """Serves `listings`; `asked` counts requests by kind, `ranges` keeps the dates asked of each ticker."""

    def __init__(self, listings: dict[str, Listing]) -> None:
        self.listings = listings
        self.asked: Counter[str] = Counter()
        self.ranges: dict[str, list[tuple[dt.date, dt.date]]] = {}
        self.refuse_all = 0
        self.retry_after = ""  # the pause that refusals name
        self.delay = 0.0  # seconds before each answer with prices
        self.moments: list[float] = []  # when prices were asked for
        handler = type("Handler", (_Handler,), {"yahoo": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def session(self) -> "LoopbackSession":
        return LoopbackSession(self.url)

    def __enter__(self) -> "LoopbackYahoo":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class LoopbackSession(curl_cffi.requests.Session):
    """The session that yfinance is given: the same requests, another host. The cookie of yahoo.com is kept as if
    it had come from there: from a loopback address no session takes it, and yfinance would look for it every time."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._to = url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        asked = urlsplit(url)
        headers = dict(kwargs.pop("headers", None) or {}) | {"X-Orig-Host": asked.netloc}
        there = self._to + (asked.path or "/") + (f"?{asked.query}" if asked.query else "")
        answer = super().request(method, there, *args, headers=headers, **kwargs)
        if answer.headers.get("Set-Cookie") == COOKIE:
            self.cookies.set("A3", "d=loopback", domain=".yahoo.com")
            for cookie in self.cookies.jar:
                cookie.expires = int(time.time()) + LASTING
        return answer


class _Handler(BaseHTTPRequestHandler):
    yahoo: LoopbackYahoo
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(asked.query).items()}
        host, path = self.headers.get("X-Orig-Host", ""), unquote(asked.path)
        if "/v8/finance/chart/" in path:
            self._chart(path.rsplit("/", 1)[-1], query)
        elif path.endswith("/getcrumb"):
            self.yahoo.asked["crumb"] += 1
            self._answer(200, "crumb.of.loopback", kind="text/plain")
        elif "/quoteSummary/" in path:
            self._summary(path.rsplit("/", 1)[-1])
        elif path.startswith("/v7/finance/quote"):
            quotes = [{"symbol": name} for name in query.get("symbols", "").split(",")]
            self._answer(200, json.dumps({"quoteResponse": {"result": quotes, "error": None}}))
        elif "/fundamentals-timeseries/" in path:
            self._answer(200, json.dumps({"timeseries": {"result": [], "error": None}}))
        elif host.startswith("guce"):
            self._answer(200, CONSENT, kind="text/html")
        else:
            self.yahoo.asked["cookie"] += 1
            self._answer(404, "", kind="text/html", cookie=COOKIE)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(200, CONSENT, kind="text/html")

    def date_time_string(self, timestamp: float | None = None) -> str:
        told = [listing.clock for listing in self.yahoo.listings.values() if listing.clock]
        return super().date_time_string(told[0].timestamp() if told else timestamp)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _chart(self, ticker: str, query: dict[str, str]) -> None:
        yahoo = self.yahoo
        yahoo.asked["chart"] += 1
        yahoo.asked[ticker] += 1
        yahoo.moments.append(time.monotonic())
        time.sleep(yahoo.delay)
        if yahoo.refuse_all:
            yahoo.refuse_all -= 1
            return self._answer(429, "Edge: Too Many Requests", kind="text/html")
        listing = yahoo.listings.get(ticker)
        if listing is None:
            return self._error(404, "Not Found", "No data found, symbol may be delisted")
        if "period1" not in query:  # only the time zone is wanted
            return self._answer(200, json.dumps(_body(ticker, listing, listing.rows[-1:])))
        start, end = (dt.datetime.fromtimestamp(int(query[f"period{end}"]), dt.UTC) for end in (1, 2))
        yahoo.ranges.setdefault(ticker, []).append((start.date(), end.date()))
        fault = _next_fault(listing)
        if fault:
            return self._misbehave(fault, ticker, listing)
        rows = [row for row in listing.rows if start <= _moment(row[0], listing) < end]
        return self._answer(200, json.dumps(_body(ticker, listing, rows, live=listing.live)))

    def _misbehave(self, fault: str, ticker: str, listing: Listing) -> None:
        if fault == "429":
            self._answer(429, "Edge: Too Many Requests", kind="text/html")
        elif fault == "503":
            self._answer(503, "Service Unavailable", kind="text/html")
        elif fault == "500":
            self._answer(500, "<html>Internal Server Error</html>", kind="text/html")
        elif fault == "html":
            self._answer(200, "<html><body>Oath consent</body></html>", kind="text/html")
        elif fault == "404":
            self._error(404, "Not Found", "No data found, symbol may be delisted")
        elif fault == "400":
            self._error(400, "Bad Request", "Data doesn't exist for startDate = 1, endDate = 2")
        elif fault == "empty":
            self._answer(200, json.dumps({"chart": {"result": [], "error": None}}))
        elif fault == "hang":
            time.sleep(1.5)
            self.close_connection = True
        elif fault == "half":
            body = json.dumps(_body(ticker, listing, listing.rows)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault == "half_json":
            self._answer(200, json.dumps(_body(ticker, listing, listing.rows))[:-40])
        else:
            raise AssertionError(fault)

    def _summary(self, ticker: str) -> None:
        self.yahoo.asked["summary"] += 1
        listing = self.yahoo.listings.get(ticker)
        if listing is None:
            return self._error(404, "Not Found", f"Quote not found for symbol: {ticker}", root="quoteSummary")
        profile = {
            "assetProfile": {"sector": listing.sector},
            "quoteType": {"timeZoneFullName": listing.zone},
        }
        return self._answer(200, json.dumps({"quoteSummary": {"result": [profile], "error": None}}))

    def _error(self, status: int, code: str, why: str, *, root: str = "chart") -> None:
        self._answer(
            status, json.dumps({root: {"result": None, "error": {"code": code, "description": why}}})
        )

    def _answer(
        self, status: int, text: str, *, kind: str = "application/json", cookie: str | None = None
    ) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if cookie:
            self.send_header("Set-Cookie", cookie)
        if status in (429, 503) and self.yahoo.retry_after:
            self.send_header("Retry-After", self.yahoo.retry_after)
        self.end_headers()
        self.wfile.write(body)


def _next_fault(listing: Listing) -> str:
    if not listing.faults:
        return ""
    return listing.faults[0] if listing.for_ever and len(listing.faults) == 1 else listing.faults.pop(0)


def _moment(date: dt.date, listing: Listing) -> dt.datetime:
    moment = dt.datetime.combine(date, listing.opens, ZoneInfo(listing.zone))
    return moment - moment.dst() if listing.winter_clock and (moment.dst() or 0) else moment


def _stamp(date: dt.date, listing: Listing) -> int:
    return int(_moment(date, listing).timestamp())


def _body(ticker: str, listing: Listing, rows: list[tuple], *, live: tuple | None = None) -> dict:
    stamps = [_stamp(row[0], listing) for row in rows]
    if live:
        stamps.append(int(live[0].timestamp()))
        rows = [*rows, live]
    first, last = (stamps[0], stamps[-1]) if stamps else (0, 0)
    opened, high, low, close, adjusted, volume = ([row[place] for row in rows] for place in range(1, 7))
    quote = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    meta = {
        "currency": listing.currency, "symbol": listing.symbol or ticker, "exchangeName": "NMS",
        "instrumentType": listing.kind, "exchangeTimezoneName": listing.zone, "timezone": "EST",
        "gmtoffset": -18000, "priceHint": 2,
        "regularMarketTime": last, "dataGranularity": "1d", "range": "", "validRanges": ["1d", "1mo", "max"],
    }  # fmt: skip
    events: dict[str, dict] = {}
    for name, actions in (("dividends", listing.dividends), ("capitalGains", listing.gains)):
        for date, amount in actions.items():
            if first <= (at := _stamp(date, listing)) <= last:
                events.setdefault(name, {})[str(at)] = {"amount": amount, "date": at}
    for date, (new, old) in listing.splits.items():
        if first <= (at := _stamp(date, listing)) <= last:
            told = {"date": at, "numerator": new, "denominator": old, "splitRatio": f"{new}:{old}"}
            events.setdefault("splits", {})[str(at)] = told
    result: dict[str, Any] = {
        "meta": meta,
        "timestamp": stamps,
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]},
    }
    if not rows:
        result = {"meta": meta, "indicators": {"quote": [{}], "adjclose": [{}]}}
    if events:
        result["events"] = events
    return {"chart": {"result": [result], "error": None}}
