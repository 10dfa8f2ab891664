"""How fast is a whole backtest predicted, and in how much memory? 500 tickers x 2,500 sessions, 60 x 24 inputs.

    python benchmarks/predict.py [--families lstm tcn] [--every 50] [--full lstm]

Every family at its default size, one thread, CPU time. Windows a second are measured on every 50th session of all
tickers (23,500 windows, read from all over the panel); the plain loop is the same network on copied batches of 256
windows, all of whose steps go through the head, of which the last is kept. Three takes, in turn, of which the best
counts. `--full` predicts every window of the panel once with that family, and prints the peak memory of the process
above the panel: Linux's count of resident pages.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ml_core.features.scaling import CLIP, Scaler
from ml_core.forecaster.networks import NetworkMember, run_network
from ml_core.models.family import FAMILIES, complete
from ml_core.models.head import ForecastNetwork
from ml_core.panel.layout import Layout
from ml_core.spec import choices
from ml_core.spec.experiment import Model

TICKERS, SESSIONS, LOOKBACK, INPUTS = 500, 2500, 60, 24


def make_layout() -> Layout:
    """A panel of noise; the first year warms the features up."""
    torch.manual_seed(0)
    usable_ST = np.zeros((TICKERS, SESSIONS), dtype=bool)
    usable_ST[:, LOOKBACK + 90 :] = True
    x_STF = torch.empty(TICKERS, SESSIONS, INPUTS)
    for x_TF in x_STF:
        x_TF.normal_()
    return Layout(x_STF, torch.zeros(TICKERS, SESSIONS, 1), usable_ST, TICKERS)


def make_member(family: str) -> NetworkMember:
    """An untrained network of the family's default size: its numbers cost what a trained one's do."""
    torch.manual_seed(0)
    network = ForecastNetwork(complete(Model(family=family)), inputs=INPUTS, outputs=1).eval()
    for layer in (network.direct, network.mean):
        torch.nn.init.normal_(layer.weight, std=0.1)  # untrained, every mean is zero
    parts = (np.full(INPUTS, value, dtype=np.float32) for value in (0.0, 1.0, -CLIP, CLIP))
    return NetworkMember(network, Scaler(*parts))


@torch.inference_mode()
def plain_loop(network: ForecastNetwork, layout: Layout, rows_ST: np.ndarray) -> np.ndarray:
    """Batches of 256 windows through the whole network; the last step is kept."""
    mean = []
    for batch in np.array_split(np.argwhere(rows_ST), -(-rows_ST.sum() // 256)):
        x_BLF = torch.stack([layout.x_STF[series, end - LOOKBACK + 1 : end + 1] for series, end in batch])
        mean.append(network(x_BLF.clamp_(-CLIP, CLIP))[0][:, -1])
    return torch.cat(mean).numpy()


def fastest(runs: list[Callable[[], np.ndarray]], takes: int = 3) -> list[tuple[float, np.ndarray]]:
    """CPU seconds of the best take of each, taken in turn, and what the last gave."""
    best = [(float("inf"), np.empty(0)) for _ in runs]
    for _ in range(takes):
        for place, run in enumerate(runs):
            begun = time.process_time()
            given = run()
            best[place] = min(best[place][0], time.process_time() - begun), given
    return best


def compare(family: str, layout: Layout, every: int) -> None:
    member = make_member(family)
    rows_ST = layout.usable_ST & (np.arange(SESSIONS) % every == 0)
    count = int(rows_ST.sum())
    (ours, served), (plain, looped) = fastest(
        [
            lambda: run_network(member, layout, rows_ST, LOOKBACK)[0][rows_ST],
            lambda: plain_loop(member.network, layout, rows_ST),
        ]
    )
    apart = float(np.abs(served - looped).max())
    print(
        f"{family:16} {count / ours:8,.0f} windows/CPU-s   plain {count / plain:8,.0f}   {plain / ours:.2f} x   "
        f"{apart:.0e} apart",
        flush=True,
    )


def predict_all(family: str, layout: Layout) -> None:
    member, before = make_member(family), resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    begun = time.process_time()
    mean_STO, _ = run_network(member, layout, layout.usable_ST, LOOKBACK)
    spent, count = time.process_time() - begun, int(np.isfinite(mean_STO).sum())
    peak = resident("VmHWM") - before
    panel = layout.x_STF.nbytes / 2**20
    print(
        f"{family}: {count:,} windows in {spent:.0f} CPU s, {count / spent:,.0f} a second; the panel holds {panel:.0f} "
        f"MiB, predicting it took {peak:.0f} MiB more at its peak"
    )


def resident(name: str) -> float:
    """MiB of this process as the kernel counts them."""
    text = Path("/proc/self/status").read_text()
    return int(text.split(f"{name}:")[1].split()[0]) / 1024


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--families", nargs="*", default=choices.names(FAMILIES))
    asked.add_argument("--every", type=int, default=50)
    asked.add_argument("--full", help="predict the whole panel with this family")
    options = asked.parse_args()
    torch.set_num_threads(1)
    layout = make_layout()
    for family in options.families:
        compare(family, layout, options.every)
    if options.full:
        predict_all(options.full, layout)


if __name__ == "__main__":
    main()
