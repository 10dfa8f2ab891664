"""How much CPU does a search save by dense scoring and by dropping trials early, and does it find as good a model?

    python benchmarks/search.py [--points 16] [--markets 3]
    python benchmarks/search.py --trial

With --trial one LSTM 2x64 on 100 tickers of 2,251 sessions (2,560 windows) is tried, and what it spends on learning and
on being scored is told apart.

Otherwise, on simulated markets with a planted signal (26 tickers, 1,500 sessions, IC 0.1), the same points, the
defaults of three families and others drawn by lot, are tried one after the other in this process:

    exhaustive   every fold of every trial, scored window by window as it would be served
    dense        every fold of every trial, scored by dense passes
    asha         dense; half of the trials go on after a quarter of their epochs, and so on
    race         dense; a trial walks fold by fold and is dropped when it is surely worse on the same dates

The clock is this process's CPU time. Each winner (by what is expected of it again) is then fitted before the holdout,
and its IC there stands beside the oracle's; so is that of the defaults of the first family.
"""

import argparse
import contextlib
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import optuna
import torch
from opened_search import open_search

import tuning.trial
from ml_core.home.settings import Home
from ml_core.panel.splits import Split
from ml_core.portfolio.opening import horizon_of
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import assemble, fit
from ml_core.walkforward.oracle import recovered
from ml_core.walkforward.rows import forecast_split
from tuning.halving import Halving
from tuning.ledger import Ledger
from tuning.points import first_params, suggest
from tuning.pruner import Lenient, Pruner
from tuning.race import FoldRace
from tuning.ranking import rank_trials
from tuning.space import build_space, spec_of

WAYS = ("exhaustive", "dense", "asha", "race")


class Dropped(Exception):
    """The trial was dropped."""


def experiment_of(seed: int, way: str) -> Experiment:
    return Experiment.model_validate(
        {
            "name": f"search-{seed}",
            "universe": {"tickers": [f"T{number:02d}" for number in range(26)]},
            "data": {"source": "simulated", "simulated": {"seed": seed, "sessions": 1500, "ic": 0.1}},
            "task": {"lookback": 32, "horizons": [1]},
            "training": {"epochs": 12, "patience": 4},
            "search": {"scheduler": {"exhaustive": "none", "dense": "none"}.get(way, way)},
            "validation": {"train": 504, "test": 126, "folds": 3, "holdout": 252},
        }
    )


def cost_trial() -> None:
    """One trial of a usual size, scored both ways."""
    experiment = Experiment.model_validate(
        {
            "name": "trial",
            "universe": {"tickers": [f"T{number:03d}" for number in range(100)]},
            "data": {"source": "simulated", "simulated": {"seed": 11, "sessions": 2251}},
            "task": {"lookback": 60, "horizons": [1], "target": "excess"},
            "features": {"names": ["momentum_1", "shock", "volatility_20"]},
            "model": {"family": "lstm", "hidden": 64, "layers": 2},
            "training": {"windows": 256, "epochs": 10, "batch": 16, "learning_rate": 3e-3, "patience": 100},
            "search": {"families": ["lstm"]},
            "validation": {"train": 1200, "test": 250, "folds": 1, "holdout": 500},
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        prices, windows, folds, _ = open_search(experiment, Home(Path(folder)))
    for dense in (True, True, False):  # the first one loads what is loaded on first use
        tuning.trial.assemble = lambda fittings, way=dense, **_: assemble(fittings, dense=way)
        marks, told = [time.process_time()], []

        def report(result: dict[str, Any], marks: list = marks, told: list = told) -> None:
            marks.append(time.process_time())
            told.append(result)

        tuning.trial.run_trial(
            {"family": "lstm"}, report, experiment=experiment, windows=windows, prices=prices, splits=folds
        )
        print(
            f"{'dense' if dense else 'window by window'}: learning {marks[-2] - marks[0]:.1f} CPU s, "
            f"being scored {marks[-1] - marks[-2]:.1f}; test {told[-1]['test_score']:.5f}",
            flush=True,
        )


def draw_points(experiment: Experiment, count: int) -> list[dict[str, Any]]:
    """The defaults first, then by lot."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = build_space(experiment)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    points = first_params(experiment, space)
    points += [suggest(study.ask(), space) for _ in range(count - len(points))]
    others = points[1:]
    random.Random(0).shuffle(others)
    return [points[0], *others][:count]


def pruner_of(experiment: Experiment, folds: list[Split]) -> Pruner:
    if experiment.search.scheduler == "race":
        return FoldRace(horizon_of(experiment), [str(fold.test.start) for fold in folds])
    return Lenient() if experiment.search.scheduler == "none" else Halving(experiment.training.epochs)


def try_points(
    experiment: Experiment, points: list[dict[str, Any]], opened: tuple, *, dense: bool
) -> tuple[Ledger, float]:
    """All of them as a search of one worker would, and the CPU seconds."""
    windows, prices, folds = opened
    tuning.trial.assemble = lambda fittings, **_: assemble(fittings, dense=dense)
    ledger, pruner, begun = Ledger(), pruner_of(experiment, folds), time.process_time()
    for number, params in enumerate(points):
        name = str(number)
        pruner.begin(name)

        def report(result: dict[str, Any], name: str = name, params: dict[str, Any] = params) -> None:
            ledger.report(name, params, result)
            if pruner.drops(name, result) and "finished" not in result:
                raise Dropped

        with contextlib.suppress(Dropped):
            tuning.trial.run_trial(
                params, report, experiment=experiment, windows=windows, prices=prices, splits=folds
            )
        ledger.close(name)
        pruner.settle(name, {})
    return ledger, time.process_time() - begun


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--points", type=int, default=16)
    asked.add_argument("--markets", type=int, default=3)
    asked.add_argument("--seed", type=int, default=1, help="the first market's")
    asked.add_argument("--trial", action="store_true", help="only what one trial spends")
    options = asked.parse_args()
    torch.set_num_threads(1)
    if options.trial:
        cost_trial()
        return
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    shares: dict[str, list[float]] = {way: [] for way in (*WAYS, "defaults")}
    for seed in range(options.seed, options.seed + options.markets):
        with tempfile.TemporaryDirectory() as folder:
            _market(seed, Home(Path(folder)), options.points, seconds, shares)
    print(f"\nthe defaults alone reach {mean(shares['defaults']):.0%} of the oracle's IC on the holdout")
    for way in WAYS:
        saved = sum(seconds["exhaustive"]) / sum(seconds[way])
        print(
            f"{way:12}{sum(seconds[way]):8.0f} CPU s  {saved:5.1f} x less  {mean(shares[way]):6.0%} of the oracle"
        )


def _market(seed: int, home: Home, count: int, seconds: dict, shares: dict) -> None:
    experiment = experiment_of(seed, "none")
    prices, windows, folds, final = open_search(experiment, home)
    points = draw_points(experiment, count)
    reach = _holdout(experiment, windows, final)
    shares["defaults"].append(reach(points[0]))
    for way in WAYS:
        own = experiment_of(seed, way)
        ledger, spent = try_points(own, points, (windows, prices, folds), dense=way != "exhaustive")
        winner = rank_trials(own, ledger.trials).winner
        seconds[way].append(spent)
        shares[way].append(reach(dict(winner.params)))
        ends = ", ".join(f"{ledger.count(status)} {status}" for status in ("finished", "stopped", "failed"))
        print(
            f"market {seed}, {way}: {spent:.0f} CPU s, {ends}; {winner.params['family']} {winner.id}, "
            f"{shares[way][-1]:.0%} of the oracle",
            flush=True,
        )


def _holdout(experiment: Experiment, windows: Any, final: Any) -> Callable[[dict[str, Any]], float]:
    """The share of the oracle's IC that a point reaches on the holdout, fitted as a winner is."""
    known: dict[str, float] = {}

    def reach(params: dict[str, Any]) -> float:
        if str(params) not in known:
            rows = forecast_split(fit(spec_of(experiment, params), windows, final), windows, final)
            found = recovered(experiment, rows, horizon=1) or {}
            known[str(params)] = found["recovered"]
        return known[str(params)]

    return reach


if __name__ == "__main__":
    main()
