"""Tells how sure it is that a search's winner is truly better than what nobody had to search for, and than the next
one; and where that cannot be told, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_core.errors import NotEnoughData
from ml_core.evaluation.shrinkage import Shrunk, chance_better
from ml_core.registry.trials import Params, Trial

Scored = tuple[Trial, NDArray[np.float64]]  # with its scores by date, NaN where it has none


@dataclass(frozen=True)
class Chances:
    """That the winner is better than the `defaults` of a family, `beside` says of which, and than the `next` in rank.
    `unsure`: why one of them is not told."""

    defaults: float | None = None
    beside: str = ""
    next: float | None = None
    unsure: str = ""


def tell_chances(
    ranked: Mapping[str, Scored],
    trials: Sequence[Trial],
    shrunk: Shrunk,
    *,
    defaults: Sequence[Params],
    horizon: int,
) -> Chances:
    """Of the first of these, in the order of their ranks. It is compared with the defaults of its own family; where it
    is those, or they have no scores, with those of another family, the best of them."""
    winner, *others = ranked.values()
    tried = [one for one in others if one[0].params in defaults]
    rival = next((one for one in tried if _family(one) == _family(winner)), next(iter(tried), None))
    after = next((one for one in others if one[0].test_score is not None), None)
    told, why = {}, []
    for name, other in (("defaults", rival), ("next", after)):
        if other is None:
            why.append(_why_none(name, winner[0], trials, defaults))
            continue
        try:
            told[name] = _chance(winner, other, shrunk, horizon)
        except NotEnoughData as error:
            why.append(f"too few dates in common with the {name}: {error}")
    return Chances(**told, beside=_family(rival) if rival else "", unsure="; ".join(filter(None, why)))


def _chance(winner: Scored, other: Scored, shrunk: Shrunk, horizon: int) -> float:
    both_T = ~np.isnan(winner[1]) & ~np.isnan(other[1])
    kinds = None if _family(winner) == _family(other) else shrunk.kinds
    return chance_better(winner[1][both_T], other[1][both_T], shrunk.spread, horizon=horizon, kinds=kinds)


def _why_none(name: str, winner: Trial, trials: Sequence[Trial], defaults: Sequence[Params]) -> str:
    if name == "next":
        return "no other trial has scores to be compared with"
    tried = [trial for trial in trials if trial.params in defaults and trial.id != winner.id]
    if not tried:
        alone = "the winner is the defaults itself" if winner.params in defaults else "none was tried"
        return f"no other defaults to be compared with: {alone}"
    ends = ", ".join(f"{trial.params['family']} {_tell_end(trial)}" for trial in tried)
    return f"the defaults have no scores to be compared with: {ends}"


def _tell_end(trial: Trial) -> str:
    ends = {"stopped": "was dropped early", "failed": "failed", "running": "is still running"}
    return ends.get(trial.status, "has too few scored dates")


def _family(scored: Scored) -> str:
    return scored[0].params["family"]
