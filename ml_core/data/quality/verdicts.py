"""How a check declares itself: its stage, its verdict, and what it says of a row that fails."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Literal, TypeAlias

import polars as pl

from ml_core.spec import choices

CHECKS = "ml_core.data.checks"
BarVerdict = Literal["note", "repair", "quarantine"]
Found: TypeAlias = pl.Expr | pl.DataFrame

# A later stage sees what the earlier ones left: a price of zero must not look like a jump.
STAGES = ("asked", "row", "date", "shape", "scale", "series", "action", "told")


@dataclass(frozen=True)
class BarContext:
    """What a check may know beside the bars: the exchange's sessions (None where they are whatever the data has), and
    what the user says of single days, as (ticker, first, last) and (ticker, date, split)."""

    sessions: pl.Series | None
    refused: pl.DataFrame
    splits: pl.DataFrame


@dataclass(frozen=True)
class BarCheck:
    """`find` gives a condition, or the rows it means as (ticker, date) with, for a repair, the new values. A verdict
    that rests on later bars adds `known`: the date of the last bar that it needs. What a `firm` check refuses nobody
    can accept: nothing could be made of such a bar."""

    name: str
    says: str
    stage: str
    verdict: BarVerdict
    find: Callable[[pl.DataFrame, BarContext], Found]
    firm: bool = False

    def verdict_columns(self) -> dict[str, pl.Expr]:
        """What stands beside each row that it found."""
        return {"check": pl.lit(self.name), "verdict": pl.lit(self.verdict), "reason": pl.lit(self.says)}


def check(stage: str, verdict: BarVerdict, *, firm: bool = False) -> Callable:
    """Declare a check; the first line of its docstring is the reason that a user reads."""
    assert stage in STAGES

    def declare(function: Callable[[pl.DataFrame, BarContext], Found]) -> Callable:
        says = (function.__doc__ or function.__name__).strip().splitlines()[0].rstrip(".")
        vars(function)["check"] = BarCheck(function.__name__, says, stage, verdict, function, firm)
        return function

    return declare


@cache
def catalogue() -> tuple[BarCheck, ...]:
    """Every check that there is, by stage."""
    every = [one for name in choices.names(CHECKS) for one in checks_of(choices.load(CHECKS, name))]
    return tuple(sorted(every, key=lambda one: STAGES.index(one.stage)))


def checks_of(module: ModuleType) -> list[BarCheck]:
    """Every check that a file declares, in the order written."""
    return [item.check for item in vars(module).values() if hasattr(item, "check")]
