"""Searches a simulated market on a small scale, in this process and without Ray, and tells whether the gate
promoted the winner. Where nothing is planted, a promotion is a false claim."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from ml_core.data.intake.refresh import refresh
from ml_core.data.order import place_order
from ml_core.data.prices import read_prices
from ml_core.home.settings import Home
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.judge import promote_candidate
from ml_core.promotion.reference import fill_seat
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows
from tuning.ledger import Ledger
from tuning.search import choose_winner, describe, split_for_search
from tuning.space import build_space, first_params, spec_of, widest_spec
from tuning.trial import run_trial


def search_known_market(experiment: Experiment, home: Home, *, now: dt.datetime) -> dict[str, Any]:
    """Every family once at its defaults; the best is refitted and goes the whole way through the gate. The model is a
    new one of this moment: it has no champion to beat, and no earlier look at the holdout."""
    experiment = experiment.model_copy(update={"name": f"{experiment.name}-{now:%Y%m%d%H%M%S}"})
    refresh(experiment, home, now=now)
    prices = read_prices(experiment, home)
    space = build_space(experiment)
    windows, _ = open_windows(widest_spec(experiment, space), prices)
    folds, final = split_for_search(experiment, windows)
    ledger = Ledger()
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
    winner = spec_of(experiment, choose_winner(ledger).params)
    facts = describe(experiment, ledger, folds=len(folds), seconds=0.0)
    forecaster = fit(winner, windows, final)
    candidate = Candidate(forecaster, windows, prices, final, ledger.streams(), facts)
    fill_seat(place_order(experiment, home), now=now)
    made = promote_candidate(experiment, home, candidate, now=now)
    return {
        "promoted": made.promoted,
        "winner": winner.model.family,
        "refused_by": made.version.evidence.gate.refused,
    }
