"""Sessions in, walk-forward splits out: train, then a gap, then validation; a gap, then test; the holdout last."""

import datetime as dt
from dataclasses import dataclass

from ml_core.errors import NotEnoughData
from ml_core.experiment import Validation


@dataclass(frozen=True)
class Span:
    """Sessions from `start` to `end`, both included."""

    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Split:
    """One fold. No label that training or validation sees reaches into a later part."""

    fold: int
    train: Span
    validation: Span
    test: Span
    name: str = "test"


def walk_forward(sessions: list[dt.date], validation: Validation, *, horizon: int) -> list[Split]:
    """The folds before the holdout, oldest first; test spans do not overlap and leave no session between."""
    end = _holdout_start(sessions, validation) - (horizon + validation.embargo if validation.holdout else 0)
    step = validation.step or validation.test
    first = validation.train + horizon + validation.embargo
    starts = list(range(end - validation.test, first - 1, -step))[: validation.folds][::-1]
    if not starts:
        raise NotEnoughData(
            f"{len(sessions)} usable sessions are too few for one fold: "
            f"train {validation.train} + test {validation.test} + holdout {validation.holdout} + "
            f"gaps of {horizon + validation.embargo} need {first + validation.test + len(sessions) - end}"
        )
    return [
        _split(sessions, validation, horizon=horizon, fold=fold, test=(start, start + validation.test))
        for fold, start in enumerate(starts)
    ]


def holdout(sessions: list[dt.date], validation: Validation, *, horizon: int, fold: int = 0) -> Split:
    """The last stretch of time, which no search sees; the model for it may train on all that came before."""
    start = _holdout_start(sessions, validation)
    gap = horizon + validation.embargo
    if validation.holdout == 0 or start - gap < validation.train:
        raise NotEnoughData(
            f"{len(sessions)} usable sessions are too few: holdout {validation.holdout} + gap {gap} + "
            f"train {validation.train} need {validation.holdout + gap + validation.train}"
        )
    test = (start, len(sessions))
    return _split(sessions, validation, horizon=horizon, fold=fold, test=test, name="holdout")


def _holdout_start(sessions: list[dt.date], validation: Validation) -> int:
    return len(sessions) - validation.holdout


def _split(
    sessions: list[dt.date],
    validation: Validation,
    *,
    horizon: int,
    fold: int,
    test: tuple[int, int],
    name: str = "test",
) -> Split:
    gap = horizon + validation.embargo
    learn_end = test[0] - gap
    learn_start = 0 if validation.expanding else learn_end - validation.train
    watch_start = learn_end - max(1, round(validation.early_stopping * validation.train))
    train_end = watch_start - gap
    if train_end - learn_start < 2:
        raise NotEnoughData(
            f"validation.train {validation.train} leaves nothing to train on: {learn_end - watch_start} sessions "
            f"watch for overfitting and a gap of {gap} (longest horizon and embargo) precedes them"
        )

    def span(begin: int, stop: int) -> Span:
        return Span(sessions[begin], sessions[stop - 1])

    return Split(fold, span(learn_start, train_end), span(watch_start, learn_end), span(*test), name)
