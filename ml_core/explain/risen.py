"""How it is written by how much a loss rises without an input: as a share of the loss, or as rank IC that is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_core.vocabulary import words

if TYPE_CHECKING:
    from ml_core.explain.surveys.importance import OfClaim, Rise

DIGITS = {"share": 2, "rank IC": 3}
MOST = 6


def tell_rise(value: float, found: OfClaim, *, more: int = 0) -> str:
    """`more`: digits beyond the usual ones."""
    digits = DIGITS[found.of] + more
    return words.percent(value, digits=digits) if found.of == "share" else f"{value:+.{digits}f}"


def tell_ends(rise: Rise, found: OfClaim) -> tuple[str, str]:
    """The ends of its interval, with as many digits as it takes to see that one which is surely above zero is."""
    more = 0
    while rise.low > 0 and more < MOST and not set("123456789") & set(tell_rise(rise.low, found, more=more)):
        more += 1
    return tell_rise(rise.low, found, more=more), tell_rise(rise.high, found, more=more)
