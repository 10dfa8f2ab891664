"""What an explanation calls the parts of a forecast, in words that a person knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING

from ml_core.explain.attribution import LIMIT, REST, UNIT, WIDTH
from ml_core.explain.sharing import PEERS
from ml_core.features.spoken import speak
from ml_core.vocabulary import words

if TYPE_CHECKING:
    from ml_core.explain.methods.alike import Alike

BESIDE = {
    UNIT: "how much it has moved lately",
    WIDTH: "how well its own intervals have held",
    LIMIT: "the limit that a scale is kept within",
    PEERS: "what it reads of other tickers",
    REST: "what no input can be given",
    "past_day": "its last session",
    "past_week": "its last week, without that session",
    "past_month": "its last month, without that week",
    "past_quarter": "its last quarter, without that month",
    "past_before": "all before its last quarter",
    "state_change_5": "its volatility of the week",
    "state_change_1000": "its volatility of the last years",
    "state_range_2": "the range of its last two days",
    "state_range_10": "the range of its last ten days",
    "state_fall_5": "whether it has been falling",
}
UNPROVEN = "{claim} is not proven at {horizon} ahead: this explains a number that is not proven"
LEARNED = "{day} was learned from: of such a day nothing is proven"
LATER = (
    "what it learned, as weights and the training average that shares count from, comes from dates up to {end}, "
    "later than {day}"
)
APART = (
    "of the changes that were tried the smallest: the fewest known values lie between, far ones counting more; each is "
    "a change of one input within what the data has shown; such changes may not come together in the market"
)
NO_SAY = (
    "attention is not importance: it tells where the model looked, and here nothing that it reads moves the number, as "
    "where the calibration gives it no say"
)
CLAIM_OF = {"level": "level", "order": "order", "scale": "range"}


def tell_places(places: float) -> str:
    """How many of the known values lie between."""
    return "less than 1 %" if abs(places) < 0.005 else words.percent(abs(places), digits=0, sign=False)


def tell(name: str) -> str:
    """A feature, or what stands beside features."""
    return BESIDE.get(name) or speak(name)


def tell_unproven(of: str, horizon: int, proven: Collection[str], *, learned: dt.date | None = None) -> str:
    """The sentence that has to stand with the explanation of a number that is not proven; empty where it is. `learned`:
    its day, where the model learned from it, so that no proof could be of it."""
    if learned:
        return LEARNED.format(day=learned)
    claim = CLAIM_OF[of]
    return "" if claim in proven else UNPROVEN.format(claim=claim, horizon=horizon)


def tell_later(day: dt.date, end: dt.date) -> tuple[str, ...]:
    """That what moves the forecast of a day was itself learned from later ones, up to `end`; nothing where it was
    not."""
    return (LATER.format(end=end, day=day),) if day < end else ()


def tell_compared(told: Alike) -> str:
    """Which windows were looked at, and how they were picked."""
    return (
        f"of {told.looked_at:,} windows of the past the {told.compared} whose inputs lay nearest, where they moved "
        f"this forecast, were compared by what moved the model; 1 is the same, and below {told.least} none is shown"
    )


def tell_none_alike(told: Alike) -> str:
    """That no window of the past was like this one to the model."""
    return f"none moved it like this: the most alike comes to {max(told.best, 0.0):.2f}"
