"""Runs the trials of a search in parallel and fills the ledger. Tune runs in a thread; this one watches that it
moves on."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ml_core.errors import SearchStalled
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.registry.trials import Params
from ml_core.spec.experiment import Experiment
from ml_core.walkforward.trading import horizon_of
from tuning.cluster import check_room, open_cluster
from tuning.ledger import Ledger
from tuning.quasi_random import quasi_random_params
from tuning.space import Space, build_space, first_params, grid_params, most_epochs
from tuning.trial import run_trial

if TYPE_CHECKING:
    from tuning.brake import Brake
    from tuning.race import Course

Progress = Callable[[Ledger, int], None]
START_SECONDS = 120.0
BRAKE_SECONDS = 5.0  # for Tune to end by itself before its cluster is taken from under it


def run_search(
    experiment: Experiment,
    prices: pl.DataFrame,
    windows: Windows,
    splits: list[Split],
    *,
    ledger: Ledger,
    folder: Path,
    survivors: Sequence[Params] = (),
    address: str | None = None,
    progress: Progress | None = None,
) -> int:
    """Run what the ledger does not hold yet, in parallel; returns how many trials the search has in all."""
    space = build_space(experiment)
    queue = _queue(experiment, space, survivors)
    total = len(queue) if experiment.search.sampler == "grid" else experiment.search.trials
    done = ledger.trials
    queue = [params for params in queue if params not in [trial.params for trial in done]]
    if total <= len(done):
        return total
    with open_cluster(address):
        from tuning.brake import Brake
        from tuning.race import Course
        from tuning.sampler import OptunaSampler

        check_room(experiment.search)

        course = None
        if experiment.search.scheduler == "race":
            first = first_params(experiment, space)
            defaults_first = sorted(done, key=lambda trial: trial.params not in first)
            course = Course(
                horizon_of(experiment), [str(split.test.start) for split in splits], defaults_first
            )
        sampler = OptunaSampler(
            experiment.search, space, queue=queue[: total - len(done)], known=done, course=course
        )
        tuner = _tuner(
            experiment,
            prices,
            windows,
            splits,
            sampler=sampler,
            scheduler=_scheduler(experiment, course),
            trials=total - len(done),
            ledger=ledger,
            folder=folder,
            brake=(brake := Brake()),
        )
        _watch(tuner, experiment, ledger, brake=brake, total=total, progress=progress)
    shutil.rmtree(folder, ignore_errors=True)
    return total


def _queue(experiment: Experiment, space: Space, survivors: Sequence[Params]) -> Sequence[Params]:
    """The params that are tried first, or at all: the rest is the sampler's to choose."""
    search = experiment.search
    if search.sampler == "grid":
        return grid_params(experiment, space)
    first = first_params(experiment, space)
    first += [params for params in survivors if params not in first]
    spread = search.sampler == "quasi_random"
    return [*first, *(quasi_random_params(space, search.trials, seed=search.seed) if spread else [])]


def _tuner(
    experiment: Experiment,
    prices: pl.DataFrame,
    windows: Windows,
    splits: list[Split],
    *,
    sampler: Any,
    scheduler: Any,
    trials: int,
    ledger: Ledger,
    folder: Path,
    brake: Brake,
) -> Any:
    from ray import tune

    from tuning.watcher import Watcher

    search = experiment.search
    shared = {"experiment": experiment, "prices": prices, "windows": windows, "splits": splits}
    resources = {"cpu": search.cpus_per_trial, "gpu": search.gpus_per_trial}
    return tune.Tuner(
        tune.with_resources(tune.with_parameters(_trainable, **shared), resources),
        tune_config=tune.TuneConfig(
            metric="score",
            mode="max",
            num_samples=trials,
            search_alg=sampler,
            scheduler=scheduler,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name=folder.name,
            storage_path=str(folder.parent),
            verbose=0,
            stop=brake,
            callbacks=[Watcher(ledger)],
        ),
    )


def _trainable(config: Params, **shared: Any) -> None:
    from ray import tune

    run_trial(config, tune.report, **shared)


def _scheduler(experiment: Experiment, course: Course | None) -> Any:
    from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler

    from tuning.race import Race

    if course:
        return Race(course)
    if experiment.search.scheduler == "none":
        return FIFOScheduler()
    epochs = most_epochs(experiment, build_space(experiment))
    return AsyncHyperBandScheduler(
        time_attr="rung", max_t=epochs + 1, grace_period=max(1, epochs // 4), reduction_factor=2
    )


def _watch(
    tuner: Any,
    experiment: Experiment,
    ledger: Ledger,
    *,
    brake: Brake,
    total: int,
    progress: Progress | None,
) -> None:
    """Show what happens until Tune is done; a search in which nothing happens is ended with the reason."""
    failures: list[BaseException] = []

    def drive() -> None:
        try:
            tuner.fit()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=drive, daemon=True, name="tune")
    thread.start()
    try:
        _wait(thread, experiment, ledger, total=total, progress=progress)
    except BaseException:
        brake.pulled = True
        logging.getLogger("ray").setLevel(
            logging.CRITICAL
        )  # what it says of its own end is not the user's concern
        thread.join(BRAKE_SECONDS)
        raise
    if failures:
        raise failures[0]


def _wait(
    thread: threading.Thread,
    experiment: Experiment,
    ledger: Ledger,
    *,
    total: int,
    progress: Progress | None,
) -> None:
    changes, since, started = ledger.changes, time.monotonic(), False
    while thread.is_alive():
        thread.join(0.25)
        if ledger.changes != changes:
            changes, since, started = ledger.changes, time.monotonic(), True
        if progress:
            progress(ledger, total)
        patience = experiment.search.stall_minutes * 60 if started else START_SECONDS
        if time.monotonic() - since > patience:
            raise SearchStalled(_why_stalled(ledger, patience, started=started))


def _why_stalled(ledger: Ledger, patience: float, *, started: bool) -> str:
    if not started:
        return f"no trial started within {patience:.0f} s: every node that could hold one may be busy with other work"
    running = [trial.id for trial in ledger.trials if trial.status == "running"]
    return f"no trial reported for {patience / 60:.1f} minutes; running: {', '.join(running) or 'none'}"
