"""Is half precision (bfloat16 products, float32 weights) faster on this CPU, and is the score the same?

For each family the same fits in both precisions: a simulated market with a planted signal, the validation IC of the
best epoch and the CPU seconds of training, one thread, three seeds. Also whether this CPU has bfloat16 instructions,
which is what `precision = "auto"` goes by.

    python benchmarks/precision.py [--families lstm tcn …] [--seeds 3]
"""

import argparse
import datetime as dt
import time
from statistics import mean, stdev

import torch

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Features, Model, Reading, RunSpec, Training, Universe
from ml_core.training.loop import Fitting
from ml_core.walkforward.opening import open_windows

SIZES = {
    "lstm": {"hidden": 64, "layers": 2},
    "tcn": {"channels": 64},
    "transformer": {"width": 64, "layers": 2},
}
MARKETS = (11, 12)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--families", nargs="+", default=["lstm", "tcn"])
    arguments.add_argument("--seeds", type=int, default=3)
    given = arguments.parse_args()
    torch.set_num_threads(1)
    for family in given.families:
        pairs = [
            [learn(family, half, market, seed) for half in ("float32", "bfloat16")]
            for market in MARKETS
            for seed in range(given.seeds)
        ]
        exact, half = zip(*pairs, strict=True)
        gaps = [second[0] - first[0] for first, second in pairs]
        print(
            f"{family:12} validation IC {mean(one[0] for one in exact):.4f} in float32, "
            f"{mean(one[0] for one in half):.4f} in bfloat16; difference {mean(gaps):+.4f} "
            f"± {2 * stdev(gaps) / len(gaps) ** 0.5:.4f} (two standard errors, {len(gaps)} pairs); "
            f"CPU s {sum(one[1] for one in exact):.1f} and {sum(one[1] for one in half):.1f}: "
            f"{sum(one[1] for one in exact) / sum(one[1] for one in half):.2f}x"
        )


def learn(family: str, precision: str, market: int, seed: int) -> tuple[float, float]:
    """The best validation IC of a fit, and the CPU seconds it took."""
    windows, split = open_market(market)
    training = {"epochs": 5, "patience": 5, "windows": 1024, "precision": precision}
    spec = spec_of().model_copy(
        update={
            "model": Model.model_validate({"family": family, **SIZES.get(family, {})}),
            "training": Training.model_validate(training),
            "seed": seed,
        }
    )
    fitting = Fitting(spec, windows, split)
    begun = time.process_time()
    best = max(epoch.score for epoch in fitting.epochs())
    return best, time.process_time() - begun


def spec_of() -> RunSpec:
    names = ("relative_shock", "shock", "momentum_1", "volatility_20")
    return RunSpec(reading=Reading(lookback=60, features=Features(names=names)))


def open_market(seed: int) -> tuple[Windows, Split]:
    universe = Universe(tickers=tuple(f"T{number:02d}" for number in range(50)))
    end = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    request = Request(universe.tickers, {}, universe.calendar, None, None, end)
    config = simulated.Config(seed=seed, sessions=1500, ic=0.2, memory=20)
    windows, _ = open_windows(spec_of(), adjust(simulated.fetch(request, config).bars))
    days = windows.usable_sessions(60)
    spans = Span(days[0], days[900]), Span(days[902], days[-3]), Span(days[-2], days[-1])
    return windows, Split(0, *spans)


if __name__ == "__main__":
    main()
