"""What a provider of bars is, what it is asked and what it answers. One file per provider, found by its name; the file
says `PROVIDER = Provider(…)`."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar

import polars as pl
from pydantic import Field

from ml_core.data.almanac import Almanac
from ml_core.data.simulation.config import ActsOn
from ml_core.spec import choices
from ml_core.spec.experiment import FrozenSection, Universe

PROVIDERS = __name__
FetchStatus = Literal["ok", "empty", "unknown", "rate_limited", "failed", "ended"]
TellFetched = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Request:
    """Which bars are wanted. `now` is the clock: a bar of a session that has not closed is not wanted.

    `since` is a later start for tickers whose earlier bars are stored; `cache` is a folder for what a provider
    wants to remember; `session` is what it speaks through, None for its own; `almanac` keeps the hours of exchanges.
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
    almanac: Almanac | None = None


@dataclass(frozen=True)
class Outcome:
    """How it went for one ticker, and why. `ended`: there is nothing more to come, and that is no failure."""

    status: FetchStatus
    reason: str = ""
    rows: int = 0


@dataclass(frozen=True)
class Fetched:
    """BARS rows, an outcome for every ticker that was asked for, and what is worth saying about the whole."""

    bars: pl.DataFrame
    outcomes: Mapping[str, Outcome]
    notes: tuple[str, ...] = ()


C = TypeVar("C", bound=FrozenSection)
C_in = TypeVar("C_in", bound=FrozenSection, contravariant=True)


class Fetch(Protocol[C_in]):
    """Asks for every ticker; what came is returned even where others failed."""

    def __call__(
        self, request: Request, config: C_in, /, *, progress: TellFetched | None = None
    ) -> Fetched: ...


class Stream(Protocol[C_in]):
    """As `Fetch`, but yields what came so far."""

    def __call__(
        self, request: Request, config: C_in, /, *, progress: TellFetched | None = None
    ) -> Iterator[Fetched]: ...


class RemoteConfig(FrozenSection):
    """What a provider whose answers are slow lets the user say: what came is stored every so many seconds; once a day
    one ticker, in turn, is fetched whole and compared; the sector of each ticker is asked for once."""

    store_every: Annotated[float, Field(ge=0)] = 60.0
    rotate: bool = True
    sectors: bool = False


@dataclass(frozen=True)
class Provider(Generic[C]):
    """What a file of this folder declares. `config_class` is its own section of the experiment, [data.NAME];
    `identity` is the name that its bars are stored under. The others may be left out:

    `stream` is for a provider whose answers are slow: it is then asked only for what is missing. `fingerprint` tells
    cheaply whether anything changed: another text whenever `fetch` would bring other bars. `fetch_sectors` tells the
    sector of each ticker, "" for one that has none. `hurry` is for a provider that can be asked for any ticker by its
    name: how it is asked for a single one by somebody who waits. `oracle` is the best forecast there can be, for a
    market that was made up, and `acts_on` what its planted signal moves.
    """

    config_class: type[C]
    identity: Callable[[Universe, C], str]
    fetch: Fetch[C]
    stream: Stream[C] | None = None
    fingerprint: Callable[[Request, C], str] | None = None
    fetch_sectors: Callable[[tuple[str, ...], Request, C], Mapping[str, str]] | None = None
    hurry: Callable[[C], C] | None = None
    oracle: Callable[[Universe, C, tuple[int, ...]], pl.DataFrame] | None = None
    acts_on: Callable[[C], ActsOn] = lambda _: "nothing"


def load_provider(name: str) -> Provider[Any]:
    """The provider of that name; an unknown name is answered with the nearest known one."""
    return choices.declared(PROVIDERS, name, Provider)
