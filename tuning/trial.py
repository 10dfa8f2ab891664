"""Runs one trial: trains sampled params on all folds and seeds side by side, and reports once an epoch, so that
a scheduler can stop it early."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from ml_core.evaluation.metrics import find_metric
from ml_core.evaluation.rows import rows_of
from ml_core.forecaster.learners import is_baseline
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.registry.trials import Params
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import AnyFitting, assemble, begin, seeded
from ml_core.training.loop import Epoch
from ml_core.walkforward.rows import forecast_split
from ml_core.walkforward.trading import horizon_of, trade
from tuning.space import spec_of

Report = Callable[[dict[str, Any]], None]


def run_trial(
    params: Params,
    report: Report,
    *,
    experiment: Experiment,
    windows: Windows,
    prices: pl.DataFrame,
    splits: list[Split],
) -> None:
    """Report each epoch's `score` and the `best` so far, that of the weights that are kept, and at the end the score on
    the folds' unseen test dates. A baseline has one epoch and reports no `rung`, so that early stopping compares
    it with no half-trained network. In a race the folds come one after the other, the newest first; each epoch tells
    its `fold`, `best` is the mean over folds so far, and the scores of each are reported as soon as they are there."""
    spec = spec_of(experiment, params)
    windows = windows.read_as(spec.reading.features)
    race = experiment.search.scheduler == "race"
    stages = [[split] for split in reversed(splits)] if race else [splits]
    latest: dict[str, Any] = {"epoch": 0}
    known: list[pl.DataFrame] = []
    reached: list[float] = []  # the best score of each stage so far
    for number, stage in enumerate(stages, start=1):
        fittings = [[begin(one, windows, split) for split in stage] for one in seeded(spec)]
        for epochs in side_by_side([one for row in fittings for one in row]):
            epoch = latest["epoch"] + 1
            latest = {"epoch": epoch, "rung": 0 if is_baseline(spec.model.family) else epoch, **epochs}
            if race:
                latest |= {"fold": number, "best": float(np.mean([*reached[: number - 1], epochs["best"]]))}
            reached[number - 1 :] = [epochs["best"]]
            report(latest)
        known = [forecast_fold(list(column), windows) for column in zip(*fittings, strict=True)] + known
        if number < len(stages):
            report({**latest, "scores": score_dates(experiment, pl.concat(known))})
    report({**latest, **finish(experiment, prices, pl.concat(known))})


def side_by_side(fittings: list[AnyFitting]) -> Iterator[Mapping[str, float]]:
    """The n-th epoch of every fitting, averaged: its own score, loss and skill, and the best score so far. One that
    stopped early stands at the best it reached."""
    running: list[Iterator[Epoch] | None] = [fitting.epochs() for fitting in fittings]
    best: list[Epoch | None] = [None] * len(fittings)
    while True:
        now: list[Epoch | None] = []
        for place, epochs in enumerate(running):
            epoch = next(epochs, None) if epochs else None
            if epoch is None:
                running[place] = None
            else:
                best[place] = max(best[place] or epoch, epoch, key=lambda one: one.score)
            now.append(epoch or best[place])
        if not any(running):
            return
        averages = {name: _average(now, name) for name in ("score", "loss", "skill")}
        yield {**averages, "best": _average(best, "score")}


def forecast_fold(fittings: list[AnyFitting], windows: Windows) -> pl.DataFrame:
    """SCORED rows of one fold by its seeds together, close to what they would serve."""
    return forecast_split(assemble(fittings, dense=True), windows, fittings[0].split)


def finish(experiment: Experiment, prices: pl.DataFrame, forecasts: pl.DataFrame) -> dict[str, Any]:
    """The out-of-fold result: the objective by date, its mean over all folds' dates (as what `again` is told in; over
    all rows where it has no dates), and the strategy's returns for later deflation."""
    horizon = horizon_of(experiment)
    metric = find_metric(experiment.search.objective)
    scores, traded = score_dates(experiment, forecasts), trade(experiment, prices, forecasts)
    if scores:
        value = metric.of_mean(float(np.mean(list(scores.values()))))
    else:
        pooled = metric(forecasts.filter(pl.col("horizon") == horizon))
        value = pooled if metric.better == "higher" else -pooled
    return {
        "test_score": value,
        "finished": True,
        "scores": scores,
        "returns": dict(zip(traded["date"].dt.to_string().to_list(), traded["net"].to_list(), strict=True)),
    }


def score_dates(experiment: Experiment, forecasts: pl.DataFrame) -> dict[str, float]:
    """The score of each date whose mean the objective is, higher better; none where it is no mean over dates."""
    rows = forecasts.filter(pl.col("horizon") == horizon_of(experiment))
    known = rows_of(rows)
    parts = find_metric(experiment.search.objective).split(known)
    if parts is None or parts.loss_T is None:
        return {}
    dates = rows["as_of"].gather(known.order[known.starts]).dt.to_string().to_list()
    return {date: -loss for date, loss in zip(dates, parts.loss_T.tolist(), strict=True) if loss == loss}


def _average(epochs: list[Epoch | None], name: str) -> float:
    return float(np.mean([getattr(epoch, name) for epoch in epochs if epoch]))
