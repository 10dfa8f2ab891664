"""What explanations cost: the tables of docs/explain.md.

    python benchmarks/explain_cost.py [--families lstm,tcn]

500 tickers, 24 features and 60 lags are explained, beside one forward pass of them, and it is told how far the four
points lie from many. Then 32 windows of 60 x 24 beside captum and shap. The clock is this process's CPU time.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ml_core.explain.shares.gradients import integrate
from ml_core.models.family import FAMILIES, complete
from ml_core.models.head import ForecastNetwork
from ml_core.spec import choices
from ml_core.spec.experiment import Model

FEW, CLOSELY = 24, 3e-4
WINDOWS, STEPS, INPUTS, LESSONS = 500, 60, 24, 60
PEERS = ("lstm", "tcn")
NETWORKS = tuple(choices.names(FAMILIES))


def least(work: Callable[[], object], rounds: int = 3) -> float:
    """CPU seconds of the quickest of several."""
    taken = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def lessons(family: str) -> ForecastNetwork:
    """A network that learned something from drawn windows: a sum of inputs and a product of two."""
    torch.manual_seed(0)
    network = ForecastNetwork(complete(Model(family=family)), inputs=INPUTS, outputs=2)
    steps, weight_F = torch.optim.Adam(network.parameters(), lr=1e-3), torch.randn(INPUTS)
    for _ in range(LESSONS):
        x_BLF = torch.randn(64, STEPS, INPUTS)
        y_B = 0.3 * (0.3 * x_BLF[:, -1] @ weight_F + 0.5 * x_BLF[:, -3, 0] * x_BLF[:, -1, 1]).tanh()
        mean_BLO, scale_BLO = network(x_BLF, last=1)
        loss = (mean_BLO[:, 0] - y_B[:, None]).square().mean() + (scale_BLO[:, 0] - 1).square().mean()
        steps.zero_grad()
        loss.backward()
        steps.step()
    return network.eval().requires_grad_(False)


def speed(family: str) -> tuple[float, float, float, float]:
    """Seconds of one forward pass of 500 x 60 x 24; how many times that an explanation takes; how far its shares miss
    their sum; and how far those of inputs lie from what they are with many points, as a part of all that is shared."""
    network = lessons(family)
    x_RLF, output_R = torch.randn(WINDOWS, STEPS, INPUTS), torch.zeros(WINDOWS, dtype=torch.long)

    def forward() -> None:
        with torch.inference_mode():
            for x_BLF in x_RLF.split(64):
                network(x_BLF, last=1)

    once = least(forward)
    taken = least(lambda: integrate(network, x_RLF, output_R, scale=False))
    value_R, base_R, share_RLF = integrate(network, x_RLF, output_R, scale=False)
    missed = float(np.abs(value_R - base_R - share_RLF.sum(axis=(1, 2))).max())
    close_RF = integrate(network, x_RLF[:FEW], output_R[:FEW], scale=False, missed=CLOSELY)[2].sum(axis=1)
    off = np.abs(share_RLF[:FEW].sum(axis=1) - close_RF).sum() / np.abs(close_RF).sum()
    return once, taken / once, missed, float(off)


def beside_peers(family: str) -> list[tuple[str, float, float]]:
    """Of 32 windows of 60 x 24: by whom they are explained, in how many CPU milliseconds a window, and how far the sum
    of the shares lies from what it has to be, at most."""
    import shap
    from captum.attr import IntegratedGradients

    network = lessons(family)
    x_RLF, output_R = torch.randn(32, STEPS, INPUTS), torch.zeros(32, dtype=torch.long)

    class Last(torch.nn.Module):
        def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
            return network(x_BLF, last=1)[0][:, 0, :1]

    whole_R = (Last()(x_RLF) - Last()(torch.zeros_like(x_RLF)))[:, 0].numpy()
    average: Any = torch.zeros_like(x_RLF[:1])
    expected = shap.GradientExplainer(Last(), average)
    ways: dict[str, Callable[[], np.ndarray]] = {
        "ours": lambda: integrate(network, x_RLF, output_R, scale=False)[2],
        "captum, 50 steps": lambda: IntegratedGradients(Last()).attribute(x_RLF, n_steps=50).numpy(),
        "shap, 200 samples": lambda: np.asarray(expected.shap_values(x_RLF, nsamples=200, rseed=0)),
    }
    return [
        (
            who,
            1e3 * least(lambda way=way: way(), 2) / len(x_RLF),
            float(np.abs(way().reshape(len(x_RLF), -1).sum(axis=1) - whole_R).max()),
        )
        for who, way in ways.items()
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--families", default=",".join(NETWORKS))
    families = options.parse_args().families.split(",")
    torch.set_num_threads(1)
    print(
        "| family | one forward pass, CPU ms | an explanation, forward passes | shares miss their sum by at most "
        "| from what many points find |\n|---|--:|--:|--:|--:|"
    )
    for family in families:
        once, times, missed, off = speed(family)
        print(f"| {family} | {1e3 * once:.0f} | {times:.1f} | {missed:.0e} | {off:.1%} |", flush=True)
    print("\n| family | by whom | CPU ms a window | shares miss their sum by at most |\n|---|---|--:|--:|")
    for family in [one for one in families if one in PEERS]:
        for who, taken, missed in beside_peers(family):
            print(f"| {family} | {who} | {taken:.1f} | {missed:.1g} |", flush=True)


if __name__ == "__main__":
    main()
