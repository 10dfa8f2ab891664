"""Fixes what is asked of a version before anything of it is scored, from dates before its first live forecast: the
bound within which a date counts, what it has promised, and how strong the evidence must be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from ml_core.claims.kind import LiveTest
from ml_core.errors import NotEnoughData
from ml_core.evaluation.paired import LEAST_DATES, weigh_mean

WIDE = 2.0  # times what 95 of 100 differences stay within: further out lies one date in a hundred, or none
USUAL = 0.95


@dataclass(frozen=True)
class LiveTerms:
    """One claim of one line of versions at one horizon, asked live. `line` is the version that was judged; those fitted
    again from it go on with its evidence. `number`: the how-many-eth line it is that was ever watched; `needed`: the
    e-value that proves or refutes. `bound`: a date's difference is cut there; `unit`: the rival's usual loss;
    `promised`: what the mean is refuted to reach. `reason`: why it is not asked, if it is not."""

    line: str
    claim: str
    horizon: int
    number: int
    since: dt.date
    needed: float = 0.0
    rival: str = ""
    bound: float = 0.0
    unit: float = 1.0
    promised: float = 0.0
    dates: int = 0
    reason: str = ""

    @property
    def asked(self) -> bool:
        return not self.reason


TERMS = {
    "line": pl.String, "claim": pl.String, "horizon": pl.Int32, "number": pl.Int32, "since": pl.Date,
    "needed": pl.Float64, "rival": pl.String, "bound": pl.Float64, "unit": pl.Float64, "promised": pl.Float64,
    "dates": pl.Int32, "reason": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What the dates before the first live one say of a claim; a `reason` where they do not suffice."""

    bound: float = 0.0
    unit: float = 1.0
    promised: float = 0.0
    dates: int = 0
    reason: str = ""


def measure(live: LiveTest, horizon: int, before: pl.DataFrame) -> Measured:
    """From PAIRED dates before the first live one. Promised is half of the lower end of where the mean lies then
    (90 %), and nothing where that is not above zero: so a claim that was true and has died is found out, though it is
    no worse than saying nothing."""
    found_T = before.sort("as_of")["difference"].to_numpy()
    if len(found_T) < LEAST_DATES:
        told = f"{len(found_T)} dates before the first live one to fix its bound from; expected {LEAST_DATES}"
        return Measured(dates=len(found_T), reason=told)
    bound = WIDE * float(np.quantile(np.abs(found_T), USUAL))
    if bound == 0.0:
        return Measured(dates=len(found_T), reason=f"it says the same as {live.rival}")
    bound = min(bound, 1.0) if live.ranks else bound
    promised = max(_low(np.clip(found_T, -bound, bound), horizon, persistent=live.persistent), 0.0) / 2
    unit = (float(np.mean(before["theirs"].to_numpy())) or 1.0) if live.is_share else 1.0
    return Measured(bound, unit, promised, len(found_T))


def price(number: int, questions: int, *, significance: float) -> float:
    """The e-value that decides: the n-th line that is ever watched has 1/(n(n+1)) of the significance, which is one in
    all, and divides it by its questions. By the union bound no more than that share of all that was ever asked, of
    however many versions, is decided wrongly."""
    return number * (number + 1) * max(questions, 1) / significance


def _low(values_T: np.ndarray, horizon: int, *, persistent: bool) -> float:
    try:
        return weigh_mean(values_T, horizon=horizon, persistent=persistent).interval()[0]
    except NotEnoughData:
        return 0.0
