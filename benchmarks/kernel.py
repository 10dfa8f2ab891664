"""How many steps does the whole training loop encode a core-second, beside a bare loop and what the core could do?

LSTM 2x64, look-back 60, 16 inputs, float32, one thread. Bare: `nn.LSTM`, a linear head, squared error, Adam, on one
batch of 256 windows that lies in memory already; at the same settings it has our network, our loss on the last half of
each window, and pieces of 64. Ours: `Fitting` over a panel of 50 tickers, with drawing, gathering, scaling, clipping
and validation of 50 rows every 2,048 windows; and the same with 150 dates (7,500 rows). The roofline is oneDNN's
matrix product on the shapes of this network. Variants take turns; the best of the turns counts, in windows per second
of this process's CPU time.

    python benchmarks/kernel.py [--rounds 6] [--tuned]      (--tuned: the allocator's settings of a search's workers)
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.utils import mkldnn

from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import adjust
from ml_core.features.table import known_features
from ml_core.models.head import ForecastNetwork
from ml_core.panel.splits import Span, Split
from ml_core.spec.experiment import Features, Model, Reading, RunSpec, Training, Universe
from ml_core.training.loop import Fitting
from ml_core.training.losses import find_loss
from ml_core.walkforward.opening import open_windows
from tuning.cluster import WORKER_ENVIRONMENT

LOOKBACK, INPUTS, HIDDEN, LAYERS, BATCH, MICRO = 60, 16, 64, 2, 256, 64
EPOCH = 2048
MODEL = Model.model_validate({"family": "lstm", "hidden": HIDDEN, "layers": LAYERS, "dropout": 0.0})
# Multiplications of a window: forward, and backward to the weights and, but for the first inputs, to what came in.
PRODUCTS = LOOKBACK * 4 * HIDDEN * (3 * (3 * HIDDEN + INPUTS) - INPUTS)
Turn = Callable[[], int]  # does some work and returns how many windows it was


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=6)
    arguments.add_argument("--tuned", action="store_true")
    given = arguments.parse_args()
    if given.tuned and not os.environ.keys() >= WORKER_ENVIRONMENT.keys():
        again = [sys.executable, *sys.argv]
        raise SystemExit(subprocess.run(again, env={**os.environ, **WORKER_ENVIRONMENT}).returncode)
    torch.set_num_threads(1)
    turns = {
        "bare, batch 256": bare(BATCH),
        "bare, pieces of 64": bare(MICRO),
        "bare, same settings": same_settings(),
        "ours, training": ours(validated=1),
        "ours, training, bfloat16": ours(validated=1, precision="bfloat16"),
        "ours, with validation": ours(validated=150),
    }
    pace = measure(turns, rounds=given.rounds)
    roof = measure({"": products}, rounds=given.rounds)[""] / PRODUCTS
    print(f"allocator {'tuned' if given.tuned else 'as it is'}; load {os.getloadavg()[0]:.1f}")
    print(f"roofline {roof:,.0f} windows/core-s ({2e-9 * roof * PRODUCTS:.0f} GF/s)")
    for name, windows in pace.items():
        print(
            f"{name:36} {windows:6,.0f} windows/core-s  {windows * LOOKBACK / 1e3:4.0f}k steps/core-s  "
            f"{windows / pace['bare, batch 256']:.2f}x  {windows / roof:4.0%} of the roofline"
        )
    share = pace["ours, training"] / pace["bare, same settings"]
    print(f"training runs at {share:.1%} of the bare kernel's pace at the same settings")


def measure(turns: dict[str, Turn], *, rounds: int) -> dict[str, float]:
    """The best pace of each over the rounds; the first round only warms up."""
    best = dict.fromkeys(turns, 0.0)
    for number in range(rounds + 1):
        for name, turn in turns.items():
            begun = time.process_time()
            done = turn()
            if number:
                best[name] = max(best[name], done / (time.process_time() - begun))
    return best


def bare(piece: int) -> Turn:
    """Eight batches, each in pieces whose gradients are summed."""
    torch.manual_seed(0)
    lstm, head = nn.LSTM(INPUTS, HIDDEN, LAYERS, batch_first=True), nn.Linear(HIDDEN, 1)
    optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()], lr=1e-3)
    x_BLF, y_BW1 = torch.randn(BATCH, LOOKBACK, INPUTS), torch.randn(BATCH, 1, 1)

    def turn() -> int:
        for _ in range(EPOCH // BATCH):
            optimizer.zero_grad()
            for x, y in zip(x_BLF.split(piece), y_BW1.split(piece), strict=True):
                ((head(lstm(x)[0][:, -1:]) - y).square().sum() / BATCH).backward()
            optimizer.step()
        return EPOCH

    return turn


def same_settings() -> Turn:
    """The same batches through our network and loss, and torch's own AdamW."""
    torch.manual_seed(0)
    network, loss = ForecastNetwork(MODEL, inputs=INPUTS, outputs=1), find_loss("mse")
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    x_BLF, y_BW1 = torch.randn(BATCH, LOOKBACK, INPUTS), torch.randn(BATCH, LOOKBACK // 2, 1)

    def turn() -> int:
        for _ in range(EPOCH // BATCH):
            optimizer.zero_grad()
            for x, y in zip(x_BLF.split(MICRO), y_BW1.split(MICRO), strict=True):
                mean, scale = network(x, LOOKBACK // 2)
                (loss(mean, scale, y) / y_BW1.numel()).backward()
            optimizer.step()
        return EPOCH

    return turn


def ours(*, validated: int, precision: str = "float32") -> Turn:
    """One epoch of so many windows, then validation on so many dates."""
    universe = Universe(tickers=tuple(f"T{number:02d}" for number in range(50)))
    names = tuple(name for name, (group, _) in known_features().items() if group != "context")[:INPUTS]
    spec = RunSpec(
        reading=Reading(lookback=LOOKBACK, features=Features(names=names)),
        model=MODEL,
        training=Training.model_validate(
            {"epochs": 10_000, "patience": 10_000, "batch": BATCH, "windows": EPOCH, "precision": precision}
        ),
    )
    end = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    request = Request(universe.tickers, {}, universe.calendar, None, None, end)
    bars = simulated.fetch(request, simulated.Config(seed=11, sessions=2400)).bars
    windows, _ = open_windows(spec, adjust(bars))
    days = windows.usable_sessions(LOOKBACK)
    spans = Span(days[0], days[1500]), Span(days[1510], days[1509 + validated]), Span(days[-2], days[-1])
    epochs: Iterator = Fitting(spec, windows, Split(0, *spans)).epochs()

    def turn() -> int:
        next(epochs)
        return EPOCH

    return turn


def products() -> int:
    """Multiplications done by oneDNN on all steps of a batch, inputs and state beside each other, as one product."""
    done = 0
    for inputs in (INPUTS + HIDDEN, 2 * HIDDEN):
        layer = mkldnn.to_mkldnn(nn.Linear(inputs, 4 * HIDDEN))
        x_RF = torch.randn(MICRO * LOOKBACK, inputs).to_mkldnn()
        with torch.inference_mode():
            for _ in range(20):
                layer(x_RF)
        done += 20 * MICRO * LOOKBACK * inputs * 4 * HIDDEN
    return done


if __name__ == "__main__":
    main()
