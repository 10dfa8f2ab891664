"""Runs one trial: trains sampled params on all folds and seeds side by side, and reports once an epoch, so that
a scheduler can stop it early."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ml_core.baselines import is_baseline
from ml_core.evaluation.metrics import find_metric
from ml_core.evaluation.rows import rows_of
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.portfolio.opening import horizon_of
from ml_core.registry.trials import Params
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import AnyFitting, assemble, begin, seeded
from ml_core.training.loop import Epoch
from ml_core.walkforward.rows import forecast_split
from ml_core.walkforward.trading import trade
from tuning.rungs import Report, Rungs, Stopwatch, tell_making
from tuning.space import spec_of


def run_trial(
    params: Params,
    report: Report,
    *,
    experiment: Experiment,
    windows: Windows,
    prices: pl.DataFrame,
    splits: list[Split],
    rungs: Path | None = None,
    clock: Stopwatch | None = None,
) -> None:
    """Report each epoch's `score` and the `best` so far, that of the weights that are kept, and at the end the score on
    the folds' unseen test dates, and what each seed alone reached on validation. A baseline has one epoch and reports
    no `rung`, so that early stopping compares it with no half-trained network. In a race the folds come one after the
    other, the newest first; each epoch tells its `fold`, `best` is the mean over folds so far, and the scores of each
    are reported as soon as they are there. With a folder of `rungs` it goes on from where an earlier try of the same
    params was lost. With a clock each report tells the `seconds` of all its tries."""
    spec = spec_of(experiment, params)
    windows = windows.read_as(spec.reading.features)
    race = experiment.search.scheduler == "race"
    ladder = Rungs(rungs, params, report, made=tell_making(spec), clock=clock)
    latest = ladder.go_on()
    known: list[pl.DataFrame] = []
    reached: list[float] = []  # the best score of each stage so far
    seeds: list[list[float]] = [[] for _ in seeded(spec)]  # and of each seed
    for number, stage in enumerate([[split] for split in reversed(splits)] if race else [splits]):
        fittings = [[begin(one, windows, split) for split in stage] for one in seeded(spec)]
        flat = [one for row in fittings for one in row]
        told = ladder.take_up(number, flat)
        for epochs in side_by_side(flat):
            epoch = latest["epoch"] + 1
            latest = {"epoch": epoch, "rung": 0 if is_baseline(spec.model.family) else epoch, **epochs}
            if race:
                latest |= {"fold": number + 1, "best": float(np.mean([*reached, epochs["best"]]))}
            ladder.report(latest)
            ladder.keep(flat)
        ladder.leave(flat)
        reached.append(best_of(flat))
        for scores, row in zip(seeds, fittings, strict=True):
            scores.append(best_of(row))
        known = [forecast_fold(list(column), windows) for column in zip(*fittings, strict=True)] + known
        fittings = flat = []  # else two folds are held while the next one begins
        if race and number + 1 < len(splits) and not told:
            ladder.report({**latest, "scores": score_dates(experiment, pl.concat(known))})
    by_seed = {"seeds": [float(np.mean(scores)) for scores in seeds]}
    ladder.report({**latest, **finish(experiment, prices, pl.concat(known)), **by_seed})


def spell_error(error: BaseException) -> str:
    """Why a trial failed, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def side_by_side(fittings: list[AnyFitting]) -> Iterator[Mapping[str, float]]:
    """The n-th epoch of every fitting, averaged: its own score, loss and skill, and the best score so far. One that
    stopped early stands at the best it reached."""
    running = [fitting.epochs() for fitting in fittings]
    while any(now := [next(epochs, None) for epochs in running]):
        stand = [epoch or fitting.best for epoch, fitting in zip(now, fittings, strict=True)]
        averages = {name: _average(stand, name) for name in ("score", "loss", "skill")}
        yield {**averages, "best": best_of(fittings)}


def best_of(fittings: Sequence[AnyFitting]) -> float:
    """The best scores so far, averaged."""
    return _average([fitting.best for fitting in fittings], "score")


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


def _average(epochs: Sequence[Epoch | None], name: str) -> float:
    return float(np.mean([getattr(epoch, name) for epoch in epochs if epoch]))
