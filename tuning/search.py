"""Searches for a model from end to end: trials, the winner's refit, the gate, and a registered version with its
evidence."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ml_core.data.order import place_order
from ml_core.data.prices import read_prices, tell_absent
from ml_core.errors import InvalidInput
from ml_core.features.table import chosen_names
from ml_core.home.settings import Home
from ml_core.panel.gaps import tell_gaps
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.judge import Promotion, promote_candidate
from ml_core.promotion.reference import fill_seat
from ml_core.promotion.refit import Refitted, refit_or_go_on
from ml_core.registry.evidence import Evidence
from ml_core.registry.searched import Searched
from ml_core.registry.version import ModelVersion
from ml_core.registry.versions import Registry
from ml_core.spec.experiment import Experiment, RunSpec
from ml_core.spec.file import write_spec
from ml_core.spec.plain import plain
from ml_core.training.fit import fit
from ml_core.training.loop import Epoch
from ml_core.walkforward.opening import open_windows, plan_folds
from tuning.archive import archive, count_tried
from tuning.ledger import LEDGER, Ledger, set_aside
from tuning.naming import name_search
from tuning.past import find_survivors
from tuning.ranking import Ranking, measure_luck, rank_trials
from tuning.runner import run_search
from tuning.space import build_space, spec_of, widest_spec
from tuning.step import Progress, Step, tell_step


@dataclass(frozen=True)
class SearchOutcome:
    """What a search came to. `version` is the one that was judged, `refit` what was made of it afterwards."""

    passed: bool
    version: ModelVersion
    ledger: Ledger
    ranking: Ranking
    spec: RunSpec
    left_out: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    refit: Refitted | None = None

    @property
    def evidence(self) -> Evidence:
        return self.version.evidence

    def summary(self) -> dict[str, Any]:
        """As one JSON document: the verdict, the head of the ledger, the winner's spec as TOML."""
        return {
            "model": self.version.name,
            "version": self.version.version,
            "promoted": self.passed,
            "gate": plain(self.evidence.gate),
            "claims": plain(self.evidence.claims),
            "holdout": plain(self.evidence.holdout),
            "oracle": plain(self.evidence.oracle),
            "search": plain(self.evidence.search),
            "ledger": plain(self.ranking.rows()),
            "spec": write_spec(self.spec),
            "left_out": list(self.left_out),
            "lost": list(self.lost),
            "missing": dict(self.missing),
            "refit": self.refit.summary() if self.refit else None,
        }


def search(
    experiment: Experiment,
    home: Home,
    *,
    now: dt.datetime,
    trials: int | None = None,
    afresh: bool = False,
    address: str | None = None,
    progress: Progress | None = None,
) -> SearchOutcome:
    """Search on the folds, refit the winner, score it on the holdout once, and let the gate decide. A new champion
    is fitted again through the last known outcome."""
    experiment = with_trials(experiment, trials) if trials else experiment
    widest = widest_spec(experiment, build_space(experiment))
    prices = read_prices(experiment, home)
    missing = tell_absent(experiment, home, prices, compared=True)
    windows, left_out = open_windows(widest, prices)
    folds, final = split_for_search(experiment, windows)
    ledger, ranking, facts = _run_trials(
        experiment, home, prices, windows, folds, afresh=afresh, address=address, progress=progress
    )
    winner = spec_of(experiment, ranking.winner.params)
    tell = tell_step("refit", ledger, progress)
    forecaster = fit(winner, windows, final, on_epoch=lambda seed, epoch: tell(_tell_epoch(seed, epoch)))
    tell_step("judge", ledger, progress)("holdout, leak audit, gate")
    fill_seat(place_order(experiment, home), now=now)  # whoever comes must do more than the reference
    earlier = count_tried(home, experiment.model_name) - facts.trials
    candidate = Candidate(forecaster, windows, prices, final, ledger.streams(), facts, max(earlier, 0))
    promotion: Promotion = promote_candidate(experiment, home, candidate, now=now)
    order, tell = place_order(experiment, home), tell_step("fresh", ledger, progress)
    fresh = refit_or_go_on(order, now=now, tell=tell, always=True) if promotion.promoted else None
    asked = winner.reading.features
    lost = tell_gaps(prices, windows.read_as(asked), winner.reading.lookback)
    left_out = tuple(name for name in left_out if name in chosen_names(asked, prices.columns))
    return SearchOutcome(
        promotion.promoted, promotion.version, ledger, ranking, winner, left_out, lost, missing, fresh
    )


def _run_trials(
    experiment: Experiment,
    home: Home,
    prices: pl.DataFrame,
    windows: Windows,
    folds: list[Split],
    *,
    afresh: bool,
    address: str | None,
    progress: Progress | None,
) -> tuple[Ledger, Ranking, Searched]:
    """The ledger of all trials, each logged as an MLflow run, their ranks, and what was searched in numbers."""
    name = name_search(experiment, home)
    archive(home, experiment.model_name)  # what an earlier run left when it was broken off
    ledger, begun = open_ledger(home, name, afresh=afresh), time.monotonic()
    kept = ledger.count()
    if progress:
        going_on = (
            f"going on: {kept} of this search's trials ended before; --afresh begins anew" if kept else ""
        )
        progress(Step("begin", ledger, experiment.search.trials, going_on))

    folder, whole = home.searches / name / "tune", False
    before = len(list((home.searches / name).glob("ledger-*")))  # begun afresh so often
    written = f"{name}-{before}" if before else name
    logbook = Registry(home).open_logbook(experiment.model_name, search=written)

    def tell(so_far: Ledger, total: int) -> None:
        logbook.follow(so_far.take_news())
        if progress:
            progress(Step("search", so_far, total, seconds=time.monotonic() - begun, before=kept))

    try:
        run_search(
            experiment,
            prices,
            windows,
            folds,
            ledger=ledger,
            folder=folder,
            survivors=find_survivors(experiment, home, but=name),
            address=address,
            progress=tell,
        )
        whole = True
    finally:
        logbook.follow(ledger.take_news())
        logbook.close(whole=whole)
    archive(home, experiment.model_name)
    seconds = time.monotonic() - begun
    ranking = rank_trials(experiment, ledger.trials)
    return ledger, ranking, describe(experiment, ledger, ranking, folds=len(folds), seconds=seconds)


def _tell_epoch(seed: int, epoch: Epoch) -> str:
    return f"seed {seed + 1}, epoch {epoch.number}: score {epoch.score:.4f}"


def with_trials(experiment: Experiment, trials: int) -> Experiment:
    """The same experiment with another number of trials."""
    changed = experiment.search.model_copy(update={"trials": trials})
    return experiment.model_copy(update={"search": changed})


def split_for_search(experiment: Experiment, windows: Windows) -> tuple[list[Split], Split]:
    """The folds that trials see and the holdout that they do not, on sessions that every look-back can serve."""
    if not experiment.validation.holdout:
        raise InvalidInput(
            "validation.holdout: a search needs a holdout to judge its winner; expected at least 1"
        )
    if experiment.validation.scheme != "walk_forward":
        raise InvalidInput(
            f"validation.scheme '{experiment.validation.scheme}' is for evaluate; a search walks forward: "
            "add --set validation.scheme=walk_forward"
        )
    longest = widest_spec(experiment, build_space(experiment)).reading.lookback
    widest = experiment.model_copy(update={"task": experiment.task.model_copy(update={"lookback": longest})})
    *folds, final = plan_folds(widest, windows)
    return folds, final


def open_ledger(home: Home, name: str, *, afresh: bool = False) -> Ledger:
    """The ledger of this search, with all that has ended. A search afresh begins a new file, and the old one is set
    aside: what was tried has been tried."""
    file = home.searches / name / LEDGER
    if afresh and file.is_file():
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
        head=tuple(ranking.rows(5)),
    )
