"""Plans which dates each fold trains, validates and tests on, with gaps so that no label reaches from one part
into another.

Walking forward: train, a gap, validation, a gap, test, fold after fold; the holdout last. Combinatorial: every
choice of some groups of sessions is tested, by what was learned on the others.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from ml_core.errors import NotEnoughData
from ml_core.panel.lengths import count_sessions
from ml_core.spec.experiment import Validation


@dataclass(frozen=True)
class Span:
    """Sessions from `start` to `end`, both included, but for those of the spans `without`."""

    start: dt.date
    end: dt.date
    without: tuple["Span", ...] = ()


@dataclass(frozen=True)
class Split:
    """One fold. No label that training or validation sees reaches into another part. Where the test is a choice of
    groups, `paths` says of each which path through time its forecasts belong to."""

    fold: int
    train: Span
    validation: Span
    test: Span
    name: str = "test"
    paths: tuple[tuple[str, Span], ...] = ()


def walk_forward(sessions: list[dt.date], validation: Validation, *, horizon: int) -> list[Split]:
    """The folds before the holdout, oldest first; test spans do not overlap and leave no session between."""
    of = count_sessions(sessions, validation)
    end = len(sessions) - of.holdout - (horizon + validation.embargo if of.holdout else 0)
    first = of.train + horizon + validation.embargo
    starts = list(range(end - of.test, first - 1, -of.step))[: validation.folds][::-1]
    if not starts:
        raise NotEnoughData(
            f"{len(sessions)} usable sessions are too few for one fold: "
            f"train {of.train} + test {of.test} + holdout {of.holdout} + "
            f"gaps of {horizon + validation.embargo} need {first + of.test + len(sessions) - end}"
        )
    return [
        _split(sessions, validation, of.train, horizon=horizon, fold=fold, test=(start, start + of.test))
        for fold, start in enumerate(starts)
    ]


def combinatorial(sessions: list[dt.date], validation: Validation, *, horizon: int) -> list[Split]:
    """Every choice of `test_groups` of the groups before the holdout, tested by what the other groups teach.

    Around each tested group, sessions whose labels would overlap its own are left out on both sides, and the embargo
    with them. Each group is tested several times: its n-th forecasts belong to path n, so that every path has each
    session once. López de Prado (2018), chapter 12.
    """
    gap, count = horizon + validation.embargo, validation.groups
    held_out = count_sessions(sessions, validation).holdout
    end = len(sessions) - held_out - (gap if held_out else 0)
    edges = np.linspace(0, max(end, 0), count + 1).astype(int)
    if np.diff(edges).min() < 1:
        raise NotEnoughData(
            f"{len(sessions)} usable sessions are too few for {count} groups before the holdout"
        )
    choices = list(combinations(range(count), validation.test_groups))
    tested: Counter[int] = Counter()
    width = len(str(len(choices) * validation.test_groups // count))
    splits = []
    for fold, chosen in enumerate(choices):
        test_T, held_T = np.zeros(end, dtype=bool), np.zeros(end, dtype=bool)
        paths = []
        for group in chosen:
            first, last = int(edges[group]), int(edges[group + 1])
            test_T[first:last] = True
            held_T[max(0, first - gap) : last + gap] = True
            tested[group] += 1
            paths.append((f"path {tested[group]:0{width}d}", Span(sessions[first], sessions[last - 1])))
        train_T, watch_T = _learn_from(~held_T, validation, gap=gap)
        train, watch, test = (_span_of(sessions, part_T) for part_T in (train_T, watch_T, test_T))
        splits.append(Split(fold, train, watch, test, paths=tuple(paths)))
    return splits


def _learn_from(free_T: np.ndarray, validation: Validation, *, gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation sessions among those that are free: the end of the longest stretch watches for
    overfitting, with a gap before it."""
    begin, stop = max(_stretches(free_T), key=lambda one: one[1] - one[0], default=(0, 0))
    wanted = max(1, round(validation.early_stopping * int(free_T.sum())))
    watch_start = max(begin + (stop - begin) // 2, stop - wanted)
    train_T, watch_T = free_T.copy(), np.zeros_like(free_T)
    watch_T[watch_start:stop] = True
    train_T[max(0, watch_start - gap) : stop] = False
    if train_T.sum() < 2 or not watch_T.any():
        raise NotEnoughData(
            f"{len(free_T)} usable sessions in {validation.groups} groups, {validation.test_groups} of them tested: "
            f"gaps of {gap} (longest horizon and embargo) leave nothing to train on"
        )
    return train_T, watch_T


def _stretches(mask_T: np.ndarray) -> list[tuple[int, int]]:
    """(first, one after the last) of every run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask_T, [False]])))
    return [(int(begin), int(stop)) for begin, stop in edges.reshape(-1, 2)]


def _span_of(sessions: list[dt.date], mask_T: np.ndarray) -> Span:
    """The sessions that are true, as one span without what lies between."""
    runs = _stretches(mask_T)
    holes = tuple(Span(sessions[stop], sessions[begin - 1]) for (_, stop), (begin, _) in pairwise(runs))
    return Span(sessions[runs[0][0]], sessions[runs[-1][1] - 1], holes)


def holdout(sessions: list[dt.date], validation: Validation, *, horizon: int, fold: int = 0) -> Split:
    """The last stretch of time, which no search sees; the model for it may train on all that came before."""
    of, gap = count_sessions(sessions, validation), horizon + validation.embargo
    start = len(sessions) - of.holdout
    if of.holdout == 0 or start - gap < of.train:
        raise NotEnoughData(
            f"{len(sessions)} usable sessions are too few: holdout {of.holdout} + gap {gap} + "
            f"train {of.train} need {of.holdout + gap + of.train}"
        )
    test = (start, len(sessions))
    return _split(sessions, validation, of.train, horizon=horizon, fold=fold, test=test, name="holdout")


def refit_through(sessions: list[dt.date], validation: Validation, *, horizon: int, fold: int) -> Split:
    """The same lengths moved on to the last of these sessions: what is learned ends with the last known outcome, and
    that session is the first to be answered."""
    train, end = count_sessions(sessions, validation).train, len(sessions)
    gap = horizon + validation.embargo
    if end - gap < train:
        raise NotEnoughData(
            f"{end} usable sessions are too few: gap {gap} + train {train} need {gap + train}"
        )
    last = (end - 1, end)
    return _split(sessions, validation, train, horizon=horizon, fold=fold, test=last, known=end, name="refit")


def _split(
    sessions: list[dt.date],
    validation: Validation,
    train: int,
    *,
    horizon: int,
    fold: int,
    test: tuple[int, int],
    known: int | None = None,
    name: str = "test",
) -> Split:
    """`known`: outcomes of so many sessions are; by default those before the test."""
    gap = horizon + validation.embargo
    learn_end = (test[0] if known is None else known) - gap
    learn_start = 0 if validation.expanding else learn_end - train
    watch_start = learn_end - max(1, round(validation.early_stopping * train))
    train_end = watch_start - gap
    if train_end - learn_start < 2:
        raise NotEnoughData(
            f"validation.train {train} leaves nothing to train on: {learn_end - watch_start} sessions "
            f"watch for overfitting and a gap of {gap} (longest horizon and embargo) precedes them"
        )

    def span(begin: int, stop: int) -> Span:
        return Span(sessions[begin], sessions[stop - 1])

    return Split(fold, span(learn_start, train_end), span(watch_start, learn_end), span(*test), name)
