"""Finds the dates that the trials of a search share. A trial that lacks many which the others have is left out of it,
so that one broken trial does not take the comparison from all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

ENOUGH = 0.8  # of the dates that most have, what all that are compared share is at least so much


@dataclass(frozen=True)
class SharedDates:
    """`dates` in the order of time, the trials that have them all, and those left out with the reason."""

    dates: tuple[str, ...]
    trials: tuple[str, ...]
    left_out: Mapping[str, str]


def share_dates(by_trial: Mapping[str, Collection[str]]) -> SharedDates:
    """Who has most dates first; nobody may shorten what is shared to less than is enough."""
    alike: dict[tuple[str, ...], list[str]] = {}  # of thousands of trials few differ in their dates
    for trial, dates in by_trial.items():
        alike.setdefault(tuple(dates), []).append(trial)
    counts: Counter[str] = Counter()
    for dates, trials in alike.items():
        counts.update(dict.fromkeys(dates, len(trials)))
    usual = {date for date, count in counts.items() if 2 * count > len(by_trial)}
    shared, left_out = set(usual), {}
    for dates in sorted(alike, key=lambda dates: -len(usual.intersection(dates))):
        both = shared.intersection(dates)
        if usual and len(both) < ENOUGH * len(usual):
            own = len(usual.intersection(dates))
            told = f"not ranked: it has scores on {own} of the others' {len(usual)} dates"
            left_out |= dict.fromkeys(alike[dates], told)
        else:
            shared = both
    kept = tuple(trial for trial in by_trial if trial not in left_out)
    return SharedDates(tuple(sorted(shared)), kept, left_out)
