"""What does an accelerator bring to a fit, and is the score the same?

For each family the same fit on one thread of the CPU and on the device, same seed, same windows: a simulated market of
200 tickers and 2,500 sessions with a planted signal. Printed are the wall seconds of an epoch of training with its
validation, from the second epoch on, which of the two is how many times faster, the best validation IC of both, and
the most memory that the device held. With `--at-once`, so many fits share the device, each in a process of its own, as
trials of a search do with `gpus_per_trial` below one: what counts is epochs a second of all together.

    python benchmarks/accelerator.py [--device cuda] [--families lstm …] [--epochs 4] [--windows 8192] [--at-once 4]
"""

import argparse
import datetime as dt
import multiprocessing
import time
from dataclasses import dataclass
from statistics import mean

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
LOOK_BACK = 60


@dataclass
class Fitted:
    """How long an epoch took, and how good the best was."""

    seconds: float
    best: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--families", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--at-once", type=int, default=0)
    parser.add_argument("--windows", type=int, default=8192, help="how many an epoch trains on")
    parser.add_argument("--large", action="store_true", help="LSTMs and Transformers of four times the width")
    given = parser.parse_args()
    torch.set_num_threads(1)
    windows, split = open_market()
    for family in given.families:
        size = {key: value * (4 if given.large and value > 2 else 1) for key, value in SIZES[family].items()}
        here = fit(windows, split, family, size, "cpu", 2, given.windows)
        there = fit(windows, split, family, size, given.device, given.epochs, given.windows)
        print(
            f"{family:12} {size} an epoch {here.seconds:.2f} s on one thread, {there.seconds:.2f} s on {given.device}: "
            f"{here.seconds / there.seconds:.1f}x; validation IC {here.best:.4f} and {there.best:.4f}; "
            f"{there.memory:.0f} MiB",
            flush=True,
        )
        if given.at_once:
            print(f"{'':12} {share(family, size, given)}", flush=True)


def share(family: str, size: dict, given: argparse.Namespace) -> str:
    """Several fits on one device: epochs a second of all, beside one alone."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(given.at_once) as pool:
        asked = [(family, size, given.device, given.epochs, given.windows)] * given.at_once
        together = pool.starmap(fit_apart, asked)
    rate = sum(1 / one.seconds for one in together)
    memory = mean(one.memory for one in together)
    return f"{given.at_once} at once: {rate:.2f} epochs a second of all, {memory:.0f} MiB each"


def fit_apart(family: str, size: dict, device: str, epochs: int, count: int) -> Fitted:
    torch.set_num_threads(1)
    return fit(*open_market(), family, size, device, epochs, count)


def fit(
    windows: Windows, split: Split, family: str, size: dict, device: str, epochs: int, count: int
) -> Fitted:
    """The first epoch loads what is loaded on first use, and does not count."""
    training = {"epochs": epochs, "patience": epochs, "windows": count, "device": device}
    spec = RunSpec(
        reading=reading(),
        model=Model.model_validate({"family": family, **size}),
        training=Training.model_validate(training),
        seed=1,
    )
    scores, stamps = [], []
    for epoch in Fitting(spec, windows, split).epochs():
        scores.append(epoch.score)
        stamps.append(time.perf_counter())
    cuda = torch.device(device).type == "cuda"
    memory = torch.cuda.max_memory_allocated() / 2**20 if cuda else 0.0
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    return Fitted((stamps[-1] - stamps[0]) / (len(stamps) - 1), max(scores), memory)


def reading() -> Reading:
    names = ("relative_shock", "shock", "momentum_1", "volatility_20")
    return Reading(lookback=LOOK_BACK, features=Features(names=names))


def open_market() -> tuple[Windows, Split]:
    universe = Universe(tickers=tuple(f"T{number:03d}" for number in range(200)))
    request = Request(
        universe.tickers, {}, universe.calendar, None, None, dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    )
    config = simulated.Config(seed=11, sessions=2500, ic=0.1, memory=20)
    windows, _ = open_windows(RunSpec(reading=reading()), adjust(simulated.fetch(request, config).bars))
    days = windows.usable_sessions(LOOK_BACK)
    spans = Span(days[0], days[1900]), Span(days[1902], days[-3]), Span(days[-2], days[-1])
    return windows, Split(0, *spans)


if __name__ == "__main__":
    main()
