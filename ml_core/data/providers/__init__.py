"""What a provider is asked and what it answers. One file per provider, found by its name:
`Config`, `identity(universe, config)` and `fetch(request, config, progress=…)`. One whose answers are slow also has
`stream`, which yields what came so far, is then asked only for what is missing, and says in its Config how often what
came is stored (`store_every`) and whether one ticker a day is fetched whole (`rotate`). One that can tell cheaply
whether anything changed has `fingerprint(request, config)`: another text whenever `fetch` would bring other bars."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

Status = Literal["ok", "empty", "unknown", "rate_limited", "failed", "ended"]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Request:
    """Which bars are wanted. `now` is the clock: a bar of a session that has not closed is not wanted.

    `since` is a later start for tickers whose earlier bars are stored; `cache` is a folder for what a provider
    wants to remember; `session` is what it speaks through, None for its own.
    """

    tickers: tuple[str, ...]
    sectors: Mapping[str, str]
    calendar: str
    start: dt.date | None
    end: dt.date | None
    now: dt.datetime
    since: Mapping[str, dt.date] = field(default_factory=dict)
    cache: Path | None = None
    session: Any = None


@dataclass(frozen=True)
class Outcome:
    """How it went for one ticker, and why. `ended`: there is nothing more to come, and that is no failure."""

    status: Status
    reason: str = ""
    rows: int = 0


@dataclass(frozen=True)
class Fetched:
    """BARS rows, an outcome for every ticker that was asked for, and what is worth saying about the whole."""

    bars: pl.DataFrame
    outcomes: Mapping[str, Outcome]
    notes: tuple[str, ...] = ()
