"""What a provider of bars must keep: the agreed columns, one row a session, an outcome for every ticker that fits its
rows, the same again, the dates that were asked for, nothing of days to come, no harm by a ticker that nobody knows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ml_core.data.providers import PROVIDERS, Fetched, Provider, Request, load_provider
from ml_core.errors import ContractBroken
from ml_core.frames import BARS
from ml_core.spec import choices
from ml_core.spec.experiment import Universe

STRANGER = "NOSUCHTICKER"


def check_provider(
    name: str, tickers: tuple[str, ...] = (), options: Mapping[str, Any] | None = None, **asked: Any
) -> None:
    """By its name in `data.source`, asked for `tickers` (default: those that it was registered with) with the options
    of [data.NAME]. `asked`: other parts of the request."""
    provider = load_provider(name)
    tickers = tickers or choices.load(PROVIDERS, name).TICKERS
    whole = {"sectors": {}, "calendar": "XNYS", "start": None, "end": None, "now": dt.datetime.now(dt.UTC)}
    request = Request(tickers, **{**whole, **asked})
    check = _Checked(name, provider, provider.config_class.model_validate(dict(options or {})), request)
    check.identity()
    check.columns()
    check.outcomes()
    check.dates()
    check.strangers()


class _Checked:
    """One provider with what it is asked; it is asked for all of it once more in each check that needs it."""

    def __init__(self, name: str, provider: Provider[Any], config: Any, request: Request) -> None:
        self.name, self.provider, self.config, self.request = name, provider, config, request
        self.given = self.ask()

    def ask(self, **other: Any) -> Fetched:
        return self.provider.fetch(replace(self.request, **other), self.config)

    def require(self, holds: bool, told: str) -> None:
        if not holds:
            raise ContractBroken(f"provider '{self.name}': {told}")

    def identity(self) -> None:
        few, more = (Universe(tickers=(*self.request.tickers, *others)) for others in ((), (STRANGER,)))
        told = self.provider.identity(few, self.config)
        self.require(
            bool(re.fullmatch(r"[A-Za-z0-9_.-]+", told)), f"identity {told!r}: expected a folder's name"
        )
        self.require(told == self.provider.identity(more, self.config), "identity changes with the universe")

    def columns(self) -> None:
        bars = self.given.bars
        self.require(dict(bars.schema) == BARS, f"gives {dict(bars.schema)}; expected {BARS}")
        self.require(not bars.is_empty(), f"has no bar of {', '.join(self.request.tickers)}")
        self.require(bars.height == bars.select("ticker", "date").n_unique(), "gives a session twice")
        self.require(bars["close"].null_count() == 0, "gives a bar without a close")
        self.require(
            set(bars["basis"]) <= {"traded", "split_adjusted"}, "basis: expected traded or split_adjusted"
        )
        self.require(self.ask().bars.equals(bars), "gives other bars when it is asked again")

    def outcomes(self) -> None:
        given, counts = self.given, dict(self.given.bars.group_by("ticker").len().iter_rows())
        self.require(tuple(given.outcomes) == self.request.tickers, "leaves a ticker without an outcome")
        for ticker, outcome in given.outcomes.items():
            self.require(
                outcome.rows == counts.get(ticker, 0), f"{ticker}: says {outcome.rows} rows, gives others"
            )
            self.require((outcome.status == "ok") == (outcome.rows > 0), f"{ticker}: is {outcome.status}")
            self.require(outcome.status == "ok" or bool(outcome.reason), f"{ticker}: gives no reason")

    def dates(self) -> None:
        days = self.given.bars["date"].unique().sort()
        start, end = days[len(days) // 3], days[2 * len(days) // 3]
        inside = self.ask(start=start, end=end).bars["date"]
        self.require(
            (inside.min(), inside.max()) == (start, end), f"asked from {start} to {end}, gives other dates"
        )
        before = self.ask(now=dt.datetime.combine(end, dt.time(23), dt.UTC)).bars["date"]
        self.require(before.max() == end, f"knows of days after {end} on that day")
        nothing = self.ask(start=dt.date(1900, 1, 1), end=dt.date(1900, 1, 31))
        empty = nothing.bars.is_empty() and dict(nothing.bars.schema) == BARS
        self.require(empty, "gives bars of a time without sessions")

    def strangers(self) -> None:
        beside = self.ask(tickers=(*self.request.tickers, STRANGER))
        same = all(beside.outcomes[one] == self.given.outcomes[one] for one in self.request.tickers)
        self.require(same, "a ticker that nobody knows costs another its bars")
