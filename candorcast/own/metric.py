"""Registers a metric: a mean over rows, or a correlation over dates. It stands in every evaluation, without
a value and with the reason where it fails, and `search.objective` may name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, get_args

import numpy as np

from candorcast.own.naming import check_name, own_code, require_about
from ml_core.errors import InvalidInput
from ml_core.evaluation import metrics
from ml_core.evaluation.declaration import Better, Metric, per_date, per_row
from ml_core.evaluation.rows import VALUES, ScoredRows
from ml_core.frames import Array
from ml_core.spec.outside import register

COLUMNS = {1: "a number", 2: "two columns with a number"}
Function = TypeVar("Function", bound=Callable[[ScoredRows], Any])


def metric(
    *needs: str,
    better: Better,
    is_loss: bool = True,
    finish: Callable[[Array], Array] | None = None,
    best: float = 0.0,
) -> Callable[[Callable[[ScoredRows], Array]], Metric]:
    """Register the function below: of rows it gives a number each, and the metric is their mean. `rows["mean"]` and
    `rows["realized"]` are there; `needs` names what else it reads: lower, upper, scale. `best`: of a forecast without
    error. `is_loss`: whether the mean of rows says which forecast is better. `finish` is applied to the mean."""
    _check(needs, better)
    return _registering(lambda function: per_row(
        *needs, better=better, is_loss=is_loss, finish=_finishing(function, finish), best=best
    )(_guarded(function, columns=1)))  # fmt: skip


def metric_by_date(
    *needs: str, better: Better, ratio: bool = False
) -> Callable[[Callable[[ScoredRows], tuple[Array, Array]]], Metric]:
    """Register the function below: of rows it gives two columns, and the metric is their correlation across the tickers
    of a date, mean over dates; over time where there are few tickers. `ratio` divides it by its deviation."""
    _check(needs, better)
    return _registering(
        lambda function: per_date(*needs, better=better, ratio=ratio)(_guarded(function, columns=2))
    )


def _registering(declare: Callable[[Any], Metric]) -> Callable[[Any], Metric]:
    def declared(function: Any) -> Metric:
        name = function.__name__
        check_name("metric", name, [key for key, one in vars(metrics).items() if isinstance(one, Metric)])
        require_about("metric", name, function)
        made = declare(function)
        register("metric", name, lambda: made, place=function.__module__)
        return made

    return declared


def _guarded(function: Function, *, columns: int) -> Function:
    """The same, whose errors say whose they are, and whose answer has a number for each row in so many columns."""
    whose = f"metric '{function.__name__}'"

    def called(rows: ScoredRows) -> Any:
        with own_code(whose, "reckoned"):
            told = function(rows)
            parts = tuple(_numbers(part) for part in (told if columns > 1 else (told,)))
        if [part.shape for part in parts] != [rows["mean"].shape] * columns:
            raise InvalidInput(
                f"{whose}: expected {COLUMNS[columns]} for each of {len(rows['mean'])} rows, got {_shaped(told)}"
            )
        return parts if columns > 1 else parts[0]

    called.__name__, called.__doc__ = function.__name__, function.__doc__
    return called  # pyright: ignore


def _finishing(function: Any, finish: Callable[[Array], Array] | None) -> Callable[[Array], Array] | None:
    """The same, whose errors say whose it is, and which gives a number for each mean."""
    if finish is None:
        return None
    whose = f"metric '{function.__name__}'"

    def finished(means: Array) -> Array:
        with own_code(whose, "finish"):
            told = _numbers(finish(means))
        if told.shape != np.shape(means):
            raise InvalidInput(f"{whose}: finish: expected a number for each mean, got {_shaped(told)}")
        return told

    return finished


def _numbers(told: Any) -> Array:
    return np.asarray(told, dtype=float)


def _shaped(told: Any) -> str:
    return f"{type(told).__name__} of shape {np.shape(told)}" if np.ndim(told) else type(told).__name__


def _check(needs: tuple[str, ...], better: str) -> None:
    if better not in get_args(Better):
        raise InvalidInput(f"metric: better: expected one of {', '.join(get_args(Better))}, got {better!r}")
    for need in needs:
        if need not in VALUES:
            raise InvalidInput(f"metric: needs '{need}': expected any of {', '.join(VALUES)}")
