"""What a step of training costs in each family: forward and backward at its defaults, in micro-batches of 64 windows.

    python benchmarks/families.py [--look-back 60] [--long 512] [--inputs 24]

One thread; the clock is this process's CPU time, the least of several rounds, each family once a round so that all see
the same machine. Printed is the table of docs/families.md.
"""

import argparse
import time
from dataclasses import dataclass, field

import torch

from ml_core.models.family import FAMILIES, Encoder, build_encoder
from ml_core.spec import choices
from ml_core.spec.experiment import Model

WINDOWS = 64


@dataclass
class Runner:
    """One network with its windows, and the least seconds that a pass over them took."""

    name: str
    encoder: Encoder
    x_BLF: torch.Tensor
    least: float = field(default=float("inf"))

    @property
    def parameters(self) -> int:
        return sum(one.numel() for one in self.encoder.parameters())

    def run(self, passes: int) -> None:
        began = time.process_time()
        for _ in range(passes):
            self.encoder(self.x_BLF).square().mean().backward()
        self.least = min(self.least, (time.process_time() - began) / passes)


def make(name: str, lookback: int, inputs: int, **options: object) -> Runner:
    torch.manual_seed(0)
    model = Model.model_validate({"family": name.split(",")[0], **options})
    return Runner(name, build_encoder(model, inputs).train(), torch.randn(WINDOWS, lookback, inputs))


def measure(runners: list[Runner], *, rounds: int, passes: int) -> None:
    for runner in runners:
        runner.run(2)
        runner.least = float("inf")
    for _ in range(rounds):
        for runner in runners:
            runner.run(passes)


def print_table(runners: list[Runner], lookback: int) -> None:
    print("| family | parameters | windows per core-second | cost of a step, LSTM = 1 |\n|---|---|---|---|")
    base = next(one for one in runners if one.name == "lstm").least
    for one in sorted(runners, key=lambda one: one.least):
        pace = WINDOWS / one.least
        print(f"| {one.name} | {one.parameters:,} | {pace:,.0f} | {one.least / base:.1f} |")
    print(f"\nlook-back {lookback}, {runners[0].x_BLF.shape[2]} inputs, torch {torch.__version__}\n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--look-back", type=int, default=60)
    options.add_argument("--long", type=int, default=512)
    options.add_argument("--inputs", type=int, default=24)
    asked = options.parse_args()
    torch.set_num_threads(1)
    runners = [make(name, asked.look_back, asked.inputs) for name in choices.names(FAMILIES)]
    runners.append(make("transformer, patch = 5", asked.look_back, asked.inputs, patch=5))
    measure(runners, rounds=5, passes=5)
    print_table(runners, asked.look_back)
    long = [make(name, asked.long, asked.inputs) for name in ("lstm", "tcn", "transformer", "informer")]
    long.append(make("transformer, 2 layers", asked.long, asked.inputs, layers=2))
    long.append(make("transformer, patch = 5", asked.long, asked.inputs, patch=5))
    long.append(make("informer, 1 layer", asked.long, asked.inputs, layers=1))
    measure(long, rounds=3, passes=2)
    print_table(long, asked.long)


if __name__ == "__main__":
    main()
