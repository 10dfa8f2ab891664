"""Searches a simulated market on a small scale, in this process and without Ray, once or week after week, and tells
what was proven and whether the gate promoted a winner. Where nothing is planted, a promotion is a false claim."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.data.prices import data_version, read_prices
from ml_core.home.settings import Home
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.judge import Promotion, promote_candidate
from ml_core.promotion.reference import fill_seat
from ml_core.registry.archive import count_tried
from ml_core.registry.evidence import Evidence
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows
from tuning.answer import choose_answer
from tuning.points import first_params
from tuning.ranking import rank_trials
from tuning.search import split_for_search
from tuning.space import build_space, widest_spec
from tuning.trial import run_trial
from tuning.trials import describe, open_ledger

STEP = 5  # sessions from one weekly search to the next


def search_known_market(
    experiment: Experiment, home: Home, *, now: dt.datetime, weeks: int = 1
) -> dict[str, Any]:
    """A search a week, the last one where the market ends, as somebody would run them who never tires. The model is a
    new one of this moment: at first it has no champion to beat, and no look at a holdout."""
    experiment = experiment.model_copy(update={"name": f"{experiment.name}-{now:%Y%m%d%H%M%S}"})
    refresh(experiment, home, now=now)
    sessions = sorted(read_prices(experiment, home)["date"].unique())
    made: list[Promotion] = []
    for left in reversed(range(weeks)):
        end = sessions[len(sessions) - 1 - STEP * left]
        data = experiment.data.model_copy(update={"end": end})
        made.append(_search(experiment.model_copy(update={"data": data}), home, now=now))
    last = made[-1].version.evidence
    return {
        "promoted": any(one.promoted for one in made),
        "winner": last.spec.told,
        "refused_by": [] if any(one.promoted for one in made) else last.gate.refused,
        "proven": sorted({one.claim for each in made for one in each.version.evidence.claims if one.proven}),
        "apart": sorted({name for each in made for name in _proven_apart(each.version.evidence, experiment)}),
        "asked": sorted({one.claim for each in made for one in each.version.evidence.claims if one.asked}),
    }


def _search(experiment: Experiment, home: Home, *, now: dt.datetime) -> Promotion:
    """Every family once at its defaults; the best is refitted and goes the whole way through the gate."""
    version = data_version(experiment, home)
    prices = read_prices(experiment, home, version=version)
    space = build_space(experiment)
    windows, _ = open_windows(widest_spec(experiment, space), prices)
    folds, final = split_for_search(experiment, windows)
    name = f"{experiment.model_name}-{experiment.digest()}-{version}"
    ledger = open_ledger(home, name, afresh=True)
    for params in first_params(experiment, space):
        trial_id = params["family"]
        run_trial(
            params,
            partial(ledger.report, trial_id, params),
            experiment=experiment,
            windows=windows,
            prices=prices,
            splits=folds,
        )
        ledger.close(trial_id)
    ranking = rank_trials(experiment, ledger.trials)
    winner = choose_answer(experiment, ranking, windows, folds)
    facts = describe(experiment, ledger, ranking, folds=len(folds), seconds=0.0)
    forecaster = fit(winner, windows, final)
    earlier = count_tried(home, experiment.model_name) - facts.trials
    candidate = Candidate(forecaster, windows, prices, version, final, ledger.streams(), facts, earlier)
    fill_seat(place_order(experiment, home), now=now)
    return promote_candidate(experiment, home, candidate, now=now)


def _proven_apart(evidence: Evidence, experiment: Experiment) -> list[str]:
    """The claims that would be proven if this were the only look there ever was."""
    return [
        one.claim
        for one in evidence.claims
        if one.adjusted is not None
        and one.adjusted < experiment.gate.significance
        and all(condition.met for condition in one.conditions)
    ]
