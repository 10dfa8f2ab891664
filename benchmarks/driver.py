"""What does the process that drives a search spend on a trial beyond the trial's own work, and how much memory?

    python benchmarks/driver.py [--trials 1000] [--sampler optuna] [--scheduler asha] [--dates 250]

Trivial trials, without workers: the sampler chooses params, the ledger hears of the start, of three epochs and of the
end with a score and a return on every date, writes its line, and the sampler is told. Then the trials are ranked, and
how much of the best is luck is measured. Seconds are this process's CPU time; memory is the highest there was less what
there was before the first trial, once before the ranking and once after it.
"""

import argparse
import datetime as dt
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from ml_core.spec.experiment import Experiment
from tuning.ledger import Ledger
from tuning.points import first_params
from tuning.pruner import Lenient
from tuning.ranking import measure_luck, rank_trials
from tuning.sampler import OptunaSampler
from tuning.space import build_space

EPOCHS = 3


def experiment_of(trials: int, sampler: str) -> Experiment:
    return Experiment.model_validate(
        {
            "name": "driver",
            "universe": {"tickers": [f"T{number:02d}" for number in range(26)]},
            "data": {"source": "simulated", "simulated": {"seed": 1, "sessions": 1500}},
            "task": {"lookback": 32, "horizons": [1]},
            "search": {"trials": trials, "sampler": sampler},
        }
    )


def drive(experiment: Experiment, ledger: Ledger, dates: list[str]) -> list[float]:
    """The CPU seconds of each trial."""
    space, rng = build_space(experiment), np.random.default_rng(0)
    queue = first_params(experiment, space)
    sampler = OptunaSampler(experiment.search, space, queue=queue, known=[], pruner=Lenient(), lag=1)
    shared_T, spent = rng.normal(0, 0.1, len(dates)), []
    for number in range(experiment.search.trials):
        begun, name = time.process_time(), f"{number:05d}"
        params = sampler.suggest(name)
        good = -abs(np.log(params["training.learning_rate"] / 2e-3)) / 50
        score_T = good + shared_T + rng.normal(0, 0.1, len(dates))
        ledger.open(name, params)
        result = {}
        for epoch in range(1, EPOCHS + 1):
            score = good + float(rng.normal(0, 0.01))
            result = {
                "epoch": epoch,
                "score": score,
                "best": score,
                "loss": 1.0,
                "skill": 0.0,
                "time_total_s": epoch,
            }
            ledger.report(name, params, result)
        by_date = dict(zip(dates, score_T.tolist(), strict=True))
        returns = dict(zip(dates, (score_T / 100).tolist(), strict=True))
        told = {"finished": True, "test_score": float(score_T.mean()), "scores": by_date, "returns": returns}
        ledger.report(name, params, {**result, **told})
        ledger.close(name)
        ledger.take_news()
        sampler.on_trial_complete(name, result)
        spent.append(time.process_time() - begun)
    return spent


def memory() -> float:
    """The highest there was so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trials", type=int, default=1000)
    asked.add_argument("--sampler", default="optuna")
    asked.add_argument("--dates", type=int, default=250, help="scored dates of each trial")
    options = asked.parse_args()
    dates = [str(dt.date(2020, 1, 1) + dt.timedelta(days=day)) for day in range(options.dates)]
    experiment = experiment_of(options.trials, options.sampler)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.jsonl")
        drive(experiment_of(20, options.sampler), Ledger(), dates)  # what is loaded on first use
        before = memory()
        spent = drive(experiment, ledger, dates)
        driven, begun = memory() - before, time.process_time()
        ranking = rank_trials(experiment, ledger.trials)
        measure_luck(ledger.trials, ranking)
        ranked = time.process_time() - begun
    tenth = max(1, len(spent) // 10)
    print(
        f"{len(spent)} trials, {options.sampler}: {sum(spent) / len(spent):.4f} CPU s each, the first tenth "
        f"{np.mean(spent[:tenth]):.4f}, the last {np.mean(spent[-tenth:]):.4f}; {driven:.0f} MB more; ranked in "
        f"{ranked:.1f} CPU s, {memory() - before:.0f} MB more"
    )


if __name__ == "__main__":
    main()
