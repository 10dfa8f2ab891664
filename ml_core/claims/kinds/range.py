"""How far it may go: the CRPS of the normal of mean and scale is smaller than that of every rival's scale, and the
interval holds what it says, in calm and in wild times."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ml_core.claims.case import Case
from ml_core.claims.kind import Claim, LiveTest
from ml_core.claims.losses import contest_losses
from ml_core.claims.verdict import Condition, Contest
from ml_core.errors import InvalidData
from ml_core.evaluation.coverage import STATES
from ml_core.evaluation.metrics import crps


def excuse(case: Case, horizon: int) -> str:
    rows = case.own(horizon)
    if rows is None:
        return "no row has an outcome yet"
    told = all(name in rows.values and np.isfinite(rows[name]).any() for name in ("scale", "lower", "upper"))
    return "" if told else "the forecast tells no scale and interval"


def rivals(case: Case) -> tuple[str, ...]:
    return case.terms.range


def contest(case: Case, horizon: int, rival: str) -> Contest:
    """Which scale is the wider stays so for long, and so does which of them is right."""
    return contest_losses(case, horizon, rival, metric=crps, what="CRPS", persistent=True)


def conditions(case: Case, horizon: int) -> tuple[Condition, ...]:
    known = case.scored.filter(
        pl.col("horizon") == horizon,
        pl.col("realized").is_not_null() & pl.col("realized").is_not_nan(),
    ).with_columns(inside=pl.col("realized").is_between("lower", "upper").fill_null(value=False))
    terms = case.terms
    coverages = [_condition("coverage", known, terms.coverage, terms.coverage_tolerance)]
    for state, part in _states(case, known):
        coverages.append(_condition(f"coverage, {state}", part, terms.coverage, terms.state_tolerance))
    return tuple(coverages)


def _states(case: Case, known: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each state of volatility that was seen on enough sessions."""
    if case.volatility is None:
        return
    states = case.volatility.select("ticker", "as_of", "volatility")
    table = known.join(states, on=["ticker", "as_of"], how="left")
    if table.height != known.height or table["volatility"].null_count():
        raise InvalidData("claims: volatility has no state, or several, for some rows; expected one for each")
    for state in STATES:
        part = table.filter(pl.col("volatility") == state)
        if part["as_of"].n_unique() >= case.terms.state_sessions:
            yield state, part


def _condition(name: str, part: pl.DataFrame, asked: float, tolerance: float) -> Condition:
    value = float(part["inside"].sum()) / part.height
    met = abs(value - asked) <= tolerance + 1e-12
    return Condition(name, met, value, f"{asked:.0%} ± {tolerance:.0%}")


CLAIM = Claim(
    excuse,
    rivals,
    contest,
    conditions,
    direction=False,
    live=LiveTest(
        crps, rival="the reference", needs=("mean", "scale"), beside_reference=True, persistent=True
    ),
)
