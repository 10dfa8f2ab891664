"""Tells in sentences how much of a search's best score may be luck, and which of the varied keys mattered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml_core.vocabulary import words

if TYPE_CHECKING:
    from ml_core.registry.searched import Importance, Searched


def tell_luck(search: Searched) -> list[str]:
    """How much of a winner's score may be luck."""
    told = []
    if search.independent:
        told.append(f"{search.trials} trials count as {search.independent:.1f} independent ones")
    if search.overfitting is not None:
        told.append(
            f"of {f'the {search.finished}' if search.finished else 'those'} that finished, the one with the highest "
            f"{words.MONEY['sharpe'].label} on one half of time is in the lower half on the other in "
            f"{_share(search.overfitting)} of ways to halve it (PBO; 50 % where all is luck)"
        )
    if search.chance is not None:
        of = f"of {search.beside}" if search.beside else "of its family"
        told.append(f"the winner is better than the defaults {of} with a chance of {_share(search.chance)}")
    if search.chance_next is not None:
        told.append(f"and better than the next in rank with a chance of {_share(search.chance_next)}")
    if search.unsure:
        told.append(f"a chance is not told: {search.unsure}")
    return told


def _share(value: float) -> str:
    return words.percent(value, digits=0, sign=False)


def tell_keys(keys: Sequence[Importance]) -> str:
    """Which keys stand out of what chance does; there always is one with the largest share."""
    above = [key.key for key in keys if key.stands_out]
    what = f"{', '.join(above)}: above what chance does" if above else "no key is above what chance does"
    return (
        f"{what} (p below 5 %, for all keys of a family together; each trial after the same epochs or fold)"
    )
