"""Runs the trials of a search and writes them down: each into the ledger and MLflow, all of them ranked, and what was
searched in numbers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import polars as pl

from ml_core.home.settings import Home
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.registry.archive import archive
from ml_core.registry.ledgers import LEDGER
from ml_core.registry.logbook import Logbook
from ml_core.registry.searched import Searched
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment
from tuning.importance import weigh_keys
from tuning.interrupt import Interrupt
from tuning.ledger import Ledger, set_aside
from tuning.leftovers import clear, clear_older
from tuning.past import find_survivors
from tuning.perseverance import run_through
from tuning.ranking import Ranking, measure_luck, rank_trials
from tuning.runner import run_search
from tuning.step import Step, TellStep, tell_best
from tuning.winner import forget

KEPT = 30  # trials that the evidence of the winner names, the best first


def run_trials(
    experiment: Experiment,
    home: Home,
    name: str,
    prices: pl.DataFrame,
    windows: Windows,
    folds: list[Split],
    *,
    afresh: bool,
    address: str | None,
    progress: TellStep | None,
) -> tuple[Ledger, Ranking, Searched]:
    """The ledger of all trials of the search of that name, each logged as an MLflow run, their ranks, and what was
    searched in numbers."""
    archive(home, experiment.model_name)  # what an earlier run left when it was broken off
    clear_older(home.searches, name)
    ledger, begun = open_ledger(home, name, afresh=afresh), time.monotonic()
    kept = ledger.count()
    if progress:
        progress(Step("begin", ledger, experiment.search.trials, _tell_kept(kept)))
    logbook, interrupt = _open_logbook(experiment, home, name), Interrupt()
    run = partial(
        run_search,
        experiment,
        prices,
        windows,
        folds,
        ledger=ledger,
        folder=home.searches / name,
        survivors=find_survivors(experiment, home, but=name),
        address=address,
        progress=_telling(experiment, progress, logbook, interrupt, kept=kept),
    )
    whole = False
    with interrupt:
        try:
            run_through(run, ledger)
            whole = True
        finally:
            logbook.follow(ledger.take_news())
            logbook.close(whole=whole)
    archive(home, experiment.model_name)
    seconds = time.monotonic() - begun
    ranking = rank_trials(experiment, ledger.trials)
    return ledger, ranking, describe(experiment, ledger, ranking, folds=len(folds), seconds=seconds)


def _telling(
    experiment: Experiment, progress: TellStep | None, logbook: Logbook, interrupt: Interrupt, *, kept: int
) -> Callable[[Ledger, int], None]:
    """What is done whenever something may have ended: MLflow follows, and whoever waits is told."""
    begun = time.monotonic()

    def tell(so_far: Ledger, total: int) -> None:
        interrupt.check()
        logbook.follow(so_far.take_news())
        if progress:
            seconds, best = time.monotonic() - begun, tell_best(experiment, so_far)
            progress(Step("search", so_far, total, seconds=seconds, before=kept, best=best))

    return tell


def _tell_kept(kept: int) -> str:
    return f"going on: {kept} of this search's trials ended before; --afresh begins anew" if kept else ""


def _open_logbook(experiment: Experiment, home: Home, name: str) -> Logbook:
    """In MLflow what was begun afresh stands beside what was set aside."""
    before = len(list((home.searches / name).glob("ledger-*")))
    written = f"{name}-{before}" if before else name
    return Registry(home).open_logbook(experiment.model_name, search=written)


def open_ledger(home: Home, name: str, *, afresh: bool = False) -> Ledger:
    """The ledger of this search, with all that has ended. A search afresh begins a new file, and the old one is set
    aside: what was tried has been tried. What was under way or fitted is forgotten."""
    file = home.searches / name / LEDGER
    if afresh:
        clear(file.parent)
        forget(file.parent)
        if file.is_file():
            set_aside(file)
    ledger = Ledger(file)
    ledger.recall()
    return ledger


def describe(
    experiment: Experiment, ledger: Ledger, ranking: Ranking, *, folds: int, seconds: float
) -> Searched:
    """What was searched, as numbers."""
    return Searched(
        **measure_luck(ledger.trials, ranking),
        stopped=ledger.count("stopped"),
        failed=ledger.count("failed"),
        folds=folds,
        seeds=experiment.validation.seeds,
        seconds=round(seconds, 1),
        families=dict(Counter(trial.params["family"] for trial in ledger.trials)),
        objective=experiment.search.objective,
        head=tuple(ranking.rows(KEPT)),
        keys=tuple(weigh_keys(experiment, ledger.trials)),
    )
