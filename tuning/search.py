"""Searches for a model from end to end: trials, the refit of the winner or of the best as one, the gate, and a
registered version with its evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ml_core.data.order import place_order
from ml_core.data.prices import data_version, read_prices, tell_absent
from ml_core.errors import InvalidInput
from ml_core.features.table import chosen_names, unite_asked
from ml_core.home.settings import Home
from ml_core.panel.gaps import tell_gaps
from ml_core.panel.splits import Split
from ml_core.panel.windows import Windows
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.judge import Promotion, promote_candidate
from ml_core.promotion.reference import fill_seat
from ml_core.promotion.refit import Refitted, refit_or_go_on
from ml_core.registry.archive import count_tried
from ml_core.registry.evidence import Evidence
from ml_core.registry.version import ModelVersion
from ml_core.spec.ensemble import Spec
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import write_spec
from ml_core.spec.plain import plain
from ml_core.training.fit import fit
from ml_core.training.loop import Epoch
from ml_core.walkforward.opening import open_windows, plan_folds
from tuning.answer import choose_answer
from tuning.ledger import Ledger
from tuning.naming import name_search
from tuning.outsiders import refuse_local
from tuning.ranking import Ranking
from tuning.space import build_space, widest_spec
from tuning.step import TellStep, tell_step
from tuning.trials import run_trials
from tuning.winner import FitRequest, fit_or_recall, forget


@dataclass(frozen=True)
class SearchOutcome:
    """What a search came to. `version` is the one that was judged, `refit` what was made of it afterwards."""

    passed: bool
    version: ModelVersion
    ledger: Ledger
    ranking: Ranking
    spec: Spec
    left_out: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    refit: Refitted | None = None

    @property
    def evidence(self) -> Evidence:
        return self.version.evidence

    def summary(self) -> dict[str, Any]:
        """As one JSON document: the verdict, the head of the ledger, what answers as TOML."""
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
    progress: TellStep | None = None,
) -> SearchOutcome:
    """Search on the folds, refit the winner, score it on the holdout once, and let the gate decide. A new champion
    is fitted again through the last known outcome."""
    experiment = with_trials(experiment, trials) if trials else experiment
    refuse_local(experiment)
    widest = widest_spec(experiment, build_space(experiment))
    version = data_version(experiment, home)  # the store may move on while trials run
    prices, name = read_prices(experiment, home, version=version), name_search(experiment, version)
    missing = tell_absent(experiment, home, prices, compared=True)
    windows, left_out = open_windows(widest, prices)
    folds, final = split_for_search(experiment, windows)
    ledger, ranking, facts = run_trials(
        experiment, home, name, prices, windows, folds, afresh=afresh, address=address, progress=progress
    )
    answer = choose_answer(experiment, ranking, windows, folds)
    tell, folder = tell_step("refit", ledger, progress), home.searches / name
    learn = partial(fit, answer, windows, final, on_epoch=lambda who, epoch: tell(_tell_epoch(who, epoch)))
    forecaster = fit_or_recall(folder, FitRequest(answer, final, version), learn)
    tell_step("judge", ledger, progress)("holdout, leak audit, gate")
    fill_seat(place_order(experiment, home), now=now)  # whoever comes must do more than the reference
    earlier = max(count_tried(home, experiment.model_name) - facts.trials, 0)
    candidate = Candidate(forecaster, windows, prices, version, final, ledger.streams(), facts, earlier)
    promotion: Promotion = promote_candidate(experiment, home, candidate, now=now)
    forget(folder)
    order, tell = place_order(experiment, home), tell_step("fresh", ledger, progress)
    fresh = refit_or_go_on(order, now=now, tell=tell, always=True) if promotion.promoted else None
    asked = unite_asked([one.spec.reading.features for one in answer.components])
    lost = tell_gaps(prices, windows.read_as(asked), answer.lookback)
    left_out = tuple(name for name in left_out if name in chosen_names(asked, prices.columns))
    return SearchOutcome(
        promotion.promoted, promotion.version, ledger, ranking, answer, left_out, lost, missing, fresh
    )


def _tell_epoch(who: str, epoch: Epoch) -> str:
    return f"{who}, epoch {epoch.number}: score {epoch.score:.4f}"


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
