"""Tells where a simple rival did better than a model on the holdout that it was judged on."""

from collections.abc import Iterator

from ml_core.registry.scores import Score
from ml_core.registry.version import ModelVersion
from ml_core.vocabulary import words

ASKED = "ic"  # which goes better than which, on the same rows for all
SHOWN = 3


def tell_rivals(version: ModelVersion) -> str:
    """The best of them at each horizon where one was ahead, however little; empty where none was."""
    rows = {row.horizon: row for row in _rows(version)}
    told = (_tell(rows[horizon]) for horizon in version.spec.task.horizons if horizon in rows)
    ahead = [one for one in told if one]
    more = f"; and at {len(ahead) - SHOWN} more" if len(ahead) > SHOWN else ""
    label = words.metric(ASKED).label
    return (
        f"On the holdout a simple rival had a higher {label}: {'; '.join(ahead[:SHOWN])}{more}."
        if ahead
        else ""
    )


def _rows(version: ModelVersion) -> Iterator[Score]:
    return (row for row in version.evidence.holdout_scores if row.metric == ASKED and row.ticker == "*")


def _tell(row: Score) -> str:
    known = [(one.value, name) for name, one in row.beside.items() if one.value is not None]
    best, name = max(known, default=(float("-inf"), ""))
    if row.value is None or best <= row.value:
        return ""
    form = words.metric(ASKED).form
    theirs, own = words.write(best, form), words.write(row.value, form)
    return f"{words.baseline(name)} {theirs} beside {own} ({row.horizon} ahead)"
