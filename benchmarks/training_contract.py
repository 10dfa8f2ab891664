"""How much sooner does supervising the last half of each window learn than supervising its last step only?

The same network (LSTM 2x64, look-back 60), panel (50 tickers, 2,500 sessions, a planted slow signal), optimiser and
kernel, one thread; what differs is which steps of a window carry a loss, and so how far windows stride. Printed: CPU
seconds of the process until the validation IC stands at a share of the oracle's, and their ratio.

    python benchmarks/training_contract.py
"""

import datetime as dt
import time
from dataclasses import dataclass
from statistics import median

import torch

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.evaluation.metrics import find_metric
from ml_core.models.family import Supervise
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Features, Model, Reading, RunSpec, Training, Universe
from ml_core.training.loop import Fitting
from ml_core.walkforward.opening import open_windows

SEEDS = (0, 1, 2)
SHARE = 0.89  # of the oracle's IC: 0.178 of 0.2
BUDGET: dict[Supervise, float] = {"every_step": 12.0, "last_step": 120.0}
MARKET = simulated.Config(seed=11, sessions=2500, ic=0.215, memory=20)
UNIVERSE = Universe(tickers=tuple(f"T{number:02d}" for number in range(50)))


@dataclass(frozen=True)
class Reached:
    """When the validation IC first stood at the target, or the budget was spent; and the best it came to."""

    there: bool
    seconds: float
    best: float


def main() -> None:
    torch.set_num_threads(1)
    spec = RunSpec(
        reading=Reading(
            lookback=60, features=Features(names=("relative_shock", "shock", "momentum_1", "volatility_20"))
        ),
        model=Model.model_validate({"family": "lstm", "hidden": 64, "layers": 2, "dropout": 0.0}),
        training=Training(epochs=60, patience=60, batch=64, learning_rate=3e-3, windows=1024),
    )
    request = Request(
        UNIVERSE.tickers, {}, UNIVERSE.calendar, None, None, dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    )
    windows, _ = open_windows(spec, adjust(simulated.fetch(request, MARKET).bars))
    sessions = windows.usable_sessions(60)
    cut, last = int(0.8 * len(sessions)), sessions[-1]
    split = Split(
        0, Span(sessions[0], sessions[cut - 2]), Span(sessions[cut], sessions[-2]), Span(last, last)
    )
    oracle = oracle_score(windows, split)
    target = SHARE * oracle
    print(f"oracle IC on the validation dates {oracle:.3f}; target {target:.3f}")
    medians: dict[Supervise, float] = {}
    for supervise in BUDGET:
        found = [
            learn(spec.model_copy(update={"seed": seed}), windows, split, supervise, target) for seed in SEEDS
        ]
        for seed, reached in zip(SEEDS, found, strict=True):
            when = "after" if reached.there else "not within"
            print(
                f"{supervise:10}  seed {seed}: target {when} {reached.seconds:.1f} CPU s; best IC {reached.best:.3f}"
            )
        medians[supervise] = median(reached.seconds for reached in found)
    every, last = medians["every_step"], medians["last_step"]
    print(f"median: {every:.1f} against {last:.1f} CPU s, ratio {last / every:.1f}x")


def oracle_score(windows: Windows, split: Split) -> float:
    """The planted signal's own IC on the validation dates."""
    truth = simulated.oracle(UNIVERSE, MARKET, (1,))
    rows_NT = windows.usable(60) & windows.rows(split.validation)
    table = windows.to_table(rows_NT, realized=windows.y_NTH * windows.unit_NTH)
    return find_metric("ic")(table.join(truth, on=["ticker", "as_of", "horizon"]))


def learn(spec: RunSpec, windows: Windows, split: Split, supervise: Supervise, target: float) -> Reached:
    """Train until the target or the budget; the clock is this process's CPU time, validation included."""
    rounds = {"epochs": 60 if supervise == "every_step" else 240}
    spec = spec.model_copy(update={"training": spec.training.model_copy(update=rounds)})
    fitting = Fitting(spec, windows, split, supervise=supervise)
    begun, best, spent = time.process_time(), 0.0, 0.0
    for epoch in fitting.epochs():
        spent, best = time.process_time() - begun, max(best, epoch.score)
        if epoch.score >= target:
            return Reached(True, spent, best)
        if spent > BUDGET[supervise]:
            break
    return Reached(False, spent, best)


if __name__ == "__main__":
    main()
