"""Should the best trial of a search answer, or the best few as one? What share of the oracle's IC each finds on a
holdout that no trial saw.

    python benchmarks/ensemble.py [--markets 20] [--points 12] [--ic 0.1] [--processes 1]

On simulated markets of three kinds in turn (linear, an interaction, ranks; 30 tickers, 1,300 sessions) so many points
are tried over two folds, one after the other: the defaults of two networks, ridge and boosted trees, and others evenly
spread over their ranges. Then there answer, fitted before the holdout:

    default      the first family's defaults, without a search
    highest      the trial with the highest score on the folds
    chosen       the one that is expected to do best again
    best 3, 5    so many of the best as one, weighted by what they gained on the folds
    equal 3, 5   the same with equal weights

Beside each mean over markets stands its standard error, and the difference to the chosen one on the same markets with
its own, which is smaller: how easy a market is falls out of it.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from opened_search import open_search

from ml_core.home.settings import Home
from ml_core.portfolio.opening import horizon_of
from ml_core.registry.trials import Params
from ml_core.spec.ensemble import Ensemble, Spec
from ml_core.spec.experiment import Experiment
from ml_core.training.fit import fit
from ml_core.walkforward.oracle import recovered
from ml_core.walkforward.rows import forecast_split
from tuning.answer import choose_answer
from tuning.ledger import Ledger
from tuning.points import first_params
from tuning.quasi_random import quasi_random_params
from tuning.ranking import Ranking, rank_trials
from tuning.space import build_space, spec_of
from tuning.trial import run_trial

KINDS = ("linear", "nonlinear", "rank")
TICKERS, SESSIONS = 30, 1300
FEATURES = (
    "momentum_1", "shock", "relative_shock", "sector_shock", "sector_drift_10", "gap_shock", "realized_range_1",
    "volume_shock", "volume_surprise_60", "volatility_20",
)  # fmt: skip
FAMILIES = ("lstm", "tcn", "ridge", "hist_gradient_boosting")


def experiment_of(kind: str, seed: int, ic: float) -> Experiment:
    return Experiment.model_validate(
        {
            "name": f"ensemble-{kind}-{seed}",
            "universe": {"tickers": [f"T{number:02d}" for number in range(TICKERS)]},
            "data": {
                "source": "simulated",
                "simulated": {"seed": seed, "sessions": SESSIONS, "signal": kind, "ic": ic},
            },
            "features": {"names": FEATURES},
            "task": {"lookback": 16, "horizons": [1]},
            "training": {"epochs": 6, "patience": 3},
            "search": {"families": FAMILIES},
            "validation": {"train": 500, "test": 150, "folds": 2, "holdout": 400},
        }
    )


def answers_of(
    experiment: Experiment, ranking: Ranking, choose: Callable[[Experiment], Spec]
) -> dict[str, Spec]:
    finished = ranking.finished
    highest = max(finished, key=lambda trial: trial.test_score or 0.0)
    defaults = first_params(experiment, build_space(experiment))[0]
    found = {
        "default": spec_of(experiment, defaults),
        "highest": spec_of(experiment, highest.params),
        "chosen": choose(experiment),
    }
    for count in (3, 5):
        search = experiment.search.model_copy(update={"answer": count})
        weighted = choose(experiment.model_copy(update={"search": search}))
        equal = [
            {"weight": 1 / count, "spec": spec_of(experiment, trial.params)} for trial in finished[:count]
        ]
        found |= {f"best {count}": weighted, f"equal {count}": Ensemble.model_validate({"components": equal})}
    return found


def measure(number: int, *, points: int, ic: float) -> tuple[str, dict[str, float]]:
    """The kind of that market, and the share of the oracle that each finds on it."""
    torch.set_num_threads(1)
    kind, begun = KINDS[number % len(KINDS)], time.process_time()
    shares = compete(experiment_of(kind, number, ic), points=points, seed=number)
    told = "  ".join(f"{name} {share:.0%}" for name, share in shares.items())
    print(f"{kind} {number}: {told}  ({time.process_time() - begun:.0f} CPU s)", flush=True)
    return kind, shares


def compete(experiment: Experiment, *, points: int, seed: int) -> dict[str, float]:
    """A search of so many points, and what share of the oracle each of the answers to it finds on the holdout."""
    with tempfile.TemporaryDirectory() as folder:
        prices, windows, folds, final = open_search(experiment, Home(Path(folder)))
    space = build_space(experiment)
    tried: list[Params] = [*first_params(experiment, space)]
    drawn = (params for params in quasi_random_params(space, 4 * points, seed=seed) if params not in tried)
    tried += islice(drawn, points - len(tried))
    ledger = Ledger()
    for number, params in enumerate(tried):
        report = partial(ledger.report, str(number), params)
        run_trial(params, report, experiment=experiment, windows=windows, prices=prices, splits=folds)
        ledger.close(str(number))
    ranking = rank_trials(experiment, ledger.trials)
    shares: dict[str, float] = {}
    known: dict[str, float] = {}
    for name, spec in answers_of(
        experiment, ranking, lambda asked: choose_answer(asked, ranking, windows, folds)
    ).items():
        if (digest := spec.digest()) not in known:
            rows = forecast_split(fit(spec, windows, final), windows, final)
            found = recovered(experiment, rows, horizon=horizon_of(experiment))
            assert found
            known[digest] = found["recovered"]
        shares[name] = known[digest]
    return shares


def show(rows: list[tuple[str, dict[str, float]]]) -> None:
    """A line an answer: by kind, over all, and beside the chosen one."""
    print(f"\n| answers | {' | '.join(KINDS)} | all | beside the chosen one |")
    print(f"|---|{'---|' * (len(KINDS) + 2)}")
    for name in rows[0][1]:
        values = {kind: [shares[name] for one, shares in rows if one == kind] for kind in KINDS}
        every = [shares[name] for _, shares in rows]
        beside = [shares[name] - shares["chosen"] for _, shares in rows]
        told = [f"{np.mean(part):.0%}" if part else "-" for part in values.values()]
        difference = "" if name == "chosen" else with_error(beside, sign="+")
        print(f"| {name} | {' | '.join(told)} | {with_error(every)} | {difference} |")


def with_error(values: list[float], *, sign: str = "") -> str:
    error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{100 * float(np.mean(values)):{sign}.1f} ± {100 * error:.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--markets", type=int, default=20)
    parser.add_argument("--points", type=int, default=12)
    parser.add_argument("--ic", type=float, default=0.1)
    parser.add_argument("--processes", type=int, default=1, help="markets side by side")
    asked = parser.parse_args()
    work = partial(measure, points=asked.points, ic=asked.ic)
    with get_context("spawn").Pool(asked.processes) as pool:
        rows = pool.map(work, range(1, asked.markets + 1), chunksize=1)
    show(rows)


if __name__ == "__main__":
    main()
