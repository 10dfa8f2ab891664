"""Finds the dates that the trials of a search share. A trial that lacks many which the others have is left out of it,
so that one broken trial does not take the comparison from all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

ENOUGH = 0.8  # of the dates that most have, what all that are compared share is at least so much


@dataclass(frozen=True)
class Shared:
    """`dates` in the order of time, the trials that have them all, and those left out with the reason."""

    dates: tuple[str, ...]
    trials: tuple[str, ...]
    left_out: Mapping[str, str]


def share_dates(by_trial: Mapping[str, Collection[str]]) -> Shared:
    """Who has most dates first; nobody may shorten what is shared to less than is enough."""
    counts = Counter(date for dates in by_trial.values() for date in dates)
    usual = {date for date, count in counts.items() if 2 * count > len(by_trial)}
    owned = {trial: usual.intersection(dates) for trial, dates in by_trial.items()}
    shared, left_out = set(usual), {}
    for trial in sorted(owned, key=lambda trial: -len(owned[trial])):
        both = shared & owned[trial]
        if usual and len(both) < ENOUGH * len(usual):
            left_out[trial] = (
                f"not ranked: it has scores on {len(owned[trial])} of the others' {len(usual)} dates"
            )
        else:
            shared = both
    kept = tuple(trial for trial in by_trial if trial not in left_out)
    return Shared(tuple(sorted(shared)), kept, left_out)
