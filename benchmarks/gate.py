"""What it costs to weigh a candidate on its holdout with all claims: CPU seconds, and how much of them rivals of the
range take that no score stands beside.

    python benchmarks/gate.py [--only demo wide] [--runs 3]

`demo` is the shipped experiment, `wide` its settings on 100 simulated tickers, 2,000 sessions and a growing training
stretch. The candidate is an LSTM taught for one epoch, because time does not ask whether it knows anything. Nothing
is read or written: the market is drawn, the home is empty. For another version of the code, run this file in its tree.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
import torch

from ml_core.claims.case import Terms
from ml_core.home.settings import open_home
from ml_core.promotion.candidate import Candidate
from ml_core.promotion.weighing import weigh
from ml_core.registry.searched import Searched
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import read_experiment
from ml_core.training.fit import fit
from ml_core.walkforward.beside import forecast_baselines
from ml_core.walkforward.known_answers import draw_prices, make_universe
from ml_core.walkforward.opening import open_windows, plan_folds

TICKERS, SESSIONS, TRAINED = 100, 2000, 1000
DEMO = Path(__file__).parents[1] / "experiments" / "demo.toml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="*", default=["demo", "wide"], choices=["demo", "wide"])
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for name in asked.only:
        experiment = shipped() if name == "demo" else wide(shipped())
        candidate = teach(experiment)
        with tempfile.TemporaryDirectory() as folder:
            work = partial(weigh, experiment, open_home(Path(folder)), candidate)
            spent = [seconds(work) for _ in range(asked.runs)]
        alone = {rival: seconds(partial(beside, experiment, candidate, rival)) for rival in Terms().range}
        told = "  ".join(f"{rival} {value:.1f}" for rival, value in alone.items())
        middle = statistics.median(spent)
        print(f"{name}: least {min(spent):.1f} s, median {middle:.1f} s of {asked.runs}; {told}", flush=True)


def seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def shipped() -> Experiment:
    return read_experiment(str(DEMO))


def wide(experiment: Experiment) -> Experiment:
    content = experiment.model_dump(mode="json")
    content["universe"] = make_universe(experiment.universe, TICKERS).model_dump(mode="json")
    content["data"]["simulated"]["sessions"] = SESSIONS
    content["validation"] |= {"train": TRAINED, "expanding": True}
    return Experiment.model_validate(content)


def teach(experiment: Experiment) -> Candidate:
    brief = experiment.training.model_copy(update={"epochs": 1})
    spec = experiment.spec.model_copy(update={"training": brief})
    prices = draw_prices(experiment)
    windows, _ = open_windows(spec, prices)
    split = plan_folds(experiment, windows)[-1]
    return Candidate(fit(spec, windows, split), windows, prices, 0, split, pl.DataFrame(), Searched(trials=0))


def beside(experiment: Experiment, candidate: Candidate, rival: str) -> None:
    """Fit one rival and have it answer the holdout."""
    forecast_baselines(
        experiment, candidate.windows, candidate.split, beside=candidate.forecaster, names=(rival,)
    )


if __name__ == "__main__":
    main()
