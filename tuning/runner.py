"""Runs the trials of a search in parallel and fills the ledger. Tune runs in a thread; this one watches that it
moves on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ml_core.errors import ClusterLost, SearchStalled
from ml_core.home.disk import tell_full
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.portfolio.opening import horizon_of
from ml_core.registry.trials import Params, Trial
from ml_core.spec.experiment import Experiment
from tuning.cluster import check_alive, count_slots, leave_cluster, open_cluster
from tuning.ledger import Ledger
from tuning.leftovers import RUNGS, TUNE, clear
from tuning.lineup import go_on, line_up
from tuning.points import first_params
from tuning.rungs import list_unfinished
from tuning.space import Space, build_space, holds, most_epochs

if TYPE_CHECKING:
    from tuning.brake import Brake
    from tuning.pruner import Pruner

TellLedger = Callable[[Ledger, int], None]
LAG_OF_SLOT, LEAST_LAG = 3, 6  # with fewer, workers wait for the slowest; one worker and two search alike
LOSSES = 3  # of its process or node, after which a trial is not tried again: it may be what kills them
START_SECONDS = 300.0
BRAKE_SECONDS = 5.0  # for Tune to end by itself before its cluster is taken from under it
INTERRUPT_SECONDS = 20.0  # the same where nothing hangs and the machine may be busy


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
    progress: TellLedger | None = None,
) -> int:
    """Run what the ledger does not hold yet, in parallel; returns how many trials the search has in all. In its folder
    lies, until all of them have ended, what trials go on from where they are lost."""
    space, rungs = build_space(experiment), folder / RUNGS
    queue, done = line_up(experiment, space, survivors), ledger.trials
    total = len(queue) if experiment.search.sampler == "grid" else experiment.search.trials
    if total <= len(done):
        clear(folder)
        return total
    rungs.mkdir(parents=True, exist_ok=True)
    queue = go_on(
        queue,
        defaults=first_params(experiment, space),
        begun=[params for params in [*list_unfinished(rungs), *ledger.broken_off] if holds(space, params)],
        ended=[trial.params for trial in done],
    )
    with open_cluster(address), tell_full(folder):
        from tuning.brake import Brake
        from tuning.pruner import Pruning

        pruner = _pruner(experiment, splits, known=done)
        tuner = _tuner(
            experiment,
            prices,
            windows,
            splits,
            sampler=_sampler(experiment, space, queue[: total - len(done)], known=done, pruner=pruner),
            scheduler=Pruning(pruner),
            trials=total - len(done),
            ledger=ledger,
            folder=folder,
            brake=(brake := Brake()),
        )
        _watch(tuner, experiment, ledger, brake=brake, total=total, progress=progress)
    clear(folder)
    return total


def _sampler(
    experiment: Experiment,
    space: Space,
    queue: Sequence[Params],
    *,
    known: Sequence[Trial],
    pruner: Pruner,
) -> Any:
    """It knows of each trial what was known so many numbers before it, more of them where more run at once."""
    from tuning.sampler import OptunaSampler

    search = experiment.search
    lag = search.lag or max(LEAST_LAG, LAG_OF_SLOT * count_slots(search))
    return OptunaSampler(search, space, queue=queue, known=known, pruner=pruner, lag=lag)


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
    from tuning.worker import try_params

    search, rungs = experiment.search, folder / RUNGS
    shared = {"experiment": experiment, "table": prices.to_arrow(), "windows": windows, "splits": splits}
    resources = {"cpu": search.cpus_per_trial, "gpu": search.gpus_per_trial}
    return tune.Tuner(
        tune.with_resources(tune.with_parameters(try_params, rungs=str(rungs), **shared), resources),
        tune_config=tune.TuneConfig(
            metric="score",
            mode="max",
            num_samples=trials,
            search_alg=sampler,
            scheduler=scheduler,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name=TUNE,
            storage_path=str(folder),
            verbose=0,
            stop=brake,
            callbacks=[Watcher(ledger, brake, rungs, losses=LOSSES)],
            failure_config=tune.FailureConfig(max_failures=LOSSES),
        ),
    )


def _pruner(experiment: Experiment, splits: list[Split], *, known: Sequence[Trial]) -> Pruner:
    from tuning.halving import Halving
    from tuning.pruner import Lenient
    from tuning.race import FoldRace

    if experiment.search.scheduler == "none":
        return Lenient()
    space = build_space(experiment)
    if experiment.search.scheduler == "asha":
        return Halving(most_epochs(experiment, space), known)
    first = first_params(experiment, space)
    defaults_first = sorted(known, key=lambda trial: trial.params not in first)
    starts = [str(split.test.start) for split in splits]
    spared = first[0] not in [trial.params for trial in known]
    return FoldRace(horizon_of(experiment), starts, defaults_first, spared=spared)


def _watch(
    tuner: Any,
    experiment: Experiment,
    ledger: Ledger,
    *,
    brake: Brake,
    total: int,
    progress: TellLedger | None,
) -> None:
    """Show what happens until Tune is done; a search in which nothing happens is ended with the reason."""
    failures: list[BaseException] = []
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # a trial that is tried again is no news

    def drive() -> None:
        try:
            tuner.fit()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=drive, daemon=True, name="tune")
    thread.start()
    try:
        _wait(thread, experiment, ledger, brake=brake, total=total, progress=progress)
    except BaseException as error:
        brake.pulled = True
        logging.getLogger("ray").setLevel(
            logging.CRITICAL
        )  # what it says of its own end is not the user's concern
        if isinstance(error, ClusterLost):
            leave_cluster()
        thread.join(INTERRUPT_SECONDS if isinstance(error, KeyboardInterrupt) else BRAKE_SECONDS)
        raise
    if failures:
        raise failures[0]


def _wait(
    thread: threading.Thread,
    experiment: Experiment,
    ledger: Ledger,
    *,
    brake: Brake,
    total: int,
    progress: TellLedger | None,
) -> None:
    changes, since, started = ledger.changes, time.monotonic(), False
    while thread.is_alive():
        thread.join(0.25)
        brake.check()
        if ledger.changes != changes:
            changes, since, started = ledger.changes, time.monotonic(), True
        if progress:
            progress(ledger, total)
        check_alive()
        patience = experiment.search.stall_minutes * 60 if started else START_SECONDS
        if time.monotonic() - since > patience:
            raise SearchStalled(_why_stalled(ledger, patience, started=started))
    brake.check()


def _why_stalled(ledger: Ledger, patience: float, *, started: bool) -> str:
    if not started:
        return f"no trial started within {patience:.0f} s: every node that could hold one may be busy with other work"
    running = ", ".join(ledger.running) or "none"
    return f"no trial reported for {patience / 60:.1f} minutes; running: {running}"
