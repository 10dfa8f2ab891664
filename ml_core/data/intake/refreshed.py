"""How a refresh went: for every ticker, and in all."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_core.data.providers import Outcome

FINE = ("ok", "ended")


@dataclass(frozen=True)
class Refreshed:
    """How a refresh went. `partial`: some ticker got nothing, or not the newest session; the stored bars of the others
    are new.

    `rebuilt` says of which tickers the source has rewritten the past, and how; `held_back` whose newest bar was
    refused, and why; `refused` are other bars that were, `repairs` those that were changed, and `jumps` kept bars that
    nothing explains, all told once. `rejudged`: tickers whose bars were last judged by other settings.
    `unchanged`: the source was not read.
    """

    outcomes: Mapping[str, Outcome]
    inserted: int
    updated: int
    quarantined: int
    version: int | None
    last: dt.date | None
    notes: tuple[str, ...] = ()
    rebuilt: Mapping[str, str] = field(default_factory=dict)
    repaired: int = 0
    held_back: Mapping[str, str] = field(default_factory=dict)
    jumps: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    unchanged: bool = False
    repairs: Mapping[str, str] = field(default_factory=dict)
    rejudged: tuple[str, ...] = ()

    @property
    def failed(self) -> dict[str, Outcome]:
        return {ticker: how for ticker, how in self.outcomes.items() if how.status not in FINE}

    @property
    def partial(self) -> bool:
        return bool(self.failed or self.held_back)
