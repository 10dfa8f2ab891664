"""Which pieces of a forecast are worth a line, and how what they add is written: once, for the terminal, the app and
the report.

Shares of a return are log returns and add up. Those of a scale are logarithms of factors: a factor is told by how much
wider or narrower it makes the range.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ml_core.vocabulary import words

if TYPE_CHECKING:
    from ml_core.explain.methods.moved import Moved, Piece

MOST, SMALL = 10, 0.01  # lines; of the largest, below which a piece is not worth one
DIGITS = {"level": 3, "order": 3, "scale": 1}  # of a percentage
HAIR = {True: 1e-5, False: 1e-3}  # the least that is not written as zero, of a return and of any other target
OTHERS = "all others, {count} {inputs}"
FACTORS = "each is a factor: they are multiplied"
Pushing = TypeVar("Pushing")


@dataclass(frozen=True)
class ToldPieces:
    """The pieces that are worth a line, the largest first; what all others come to, and how many they are."""

    shown: tuple[Piece, ...]
    rest: float
    others: int

    @property
    def words(self) -> str:
        """What the others are called."""
        return OTHERS.format(count=self.others, inputs="input" if self.others == 1 else "inputs")


def worth_telling(pieces: Iterable[Pushing], size: Callable[[Pushing], float]) -> list[Pushing]:
    """Those that move it at all beside the one that moves it most, the largest first."""
    ordered = sorted(pieces, key=lambda one: -abs(size(one)))
    largest = abs(size(ordered[0])) if ordered else 0.0
    return [one for one in ordered[:MOST] if largest and abs(size(one)) >= SMALL * largest]


def select(moved: Moved) -> ToldPieces:
    """What is told by itself, and what together."""
    shown = worth_telling(moved.pieces, lambda one: one.share)
    others = sum(1 for one in moved.pieces if one.share) - len(shown)
    return ToldPieces(tuple(shown), moved.forecast - moved.base - sum(one.share for one in shown), others)


def tell_amount(share: float, of: str, *, priced: bool) -> str:
    """What a piece adds."""
    if of != "scale":
        return words.percent(share, digits=DIGITS[of]) if priced else words.write(share, "correlation")
    told, nothing = (words.percent(abs(math.expm1(one)), digits=DIGITS[of], sign=False) for one in (share, 0))
    return told if told == nothing else f"{told} {'wider' if share > 0 else 'narrower'}"


def tell_size(size: float, of: str, *, priced: bool) -> str:
    """How far a piece moves a forecast, to whichever side: of a scale, by how much it is wider, or as many times
    narrower."""
    told = abs(math.expm1(abs(size)) if of == "scale" else size)
    return words.percent(told, digits=DIGITS[of], sign=False) if priced or of == "scale" else f"{told:.3f}"


def tell_end(value: float, of: str, *, priced: bool) -> str:
    """The forecast itself, or its base: a scale is a share, told as such."""
    if of == "scale":
        return words.percent(math.exp(value), sign=False) if priced else words.number(math.exp(value))
    return tell_amount(value, of, priced=priced)
