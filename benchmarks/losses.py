"""Which loss learns a planted cross-sectional signal best? The same fits under each loss, side by side.

LSTM of the default size, 2 simulated markets of 50 tickers, 3 seeds, one thread. Printed: the mean validation IC of the
best epoch, how much it differs from that of `mse` (two standard errors over the pairs), its skill (1 - squared error /
squared error of zero) and the CPU seconds.

    python benchmarks/losses.py
"""

import time
from statistics import mean, stdev

import torch
from precision import MARKETS, open_market, spec_of

from ml_core.spec.experiment import Training
from ml_core.training.loop import Epoch, Fitting
from ml_core.training.losses import LOSSES

SEEDS = 3


def main() -> None:
    torch.set_num_threads(1)
    plain: list[Epoch] = []
    for loss in LOSSES:
        begun = time.process_time()
        found = [learn(loss, market, seed) for market in MARKETS for seed in range(SEEDS)]
        plain = plain or found
        gaps = [one.score - other.score for one, other in zip(found, plain, strict=True)]
        print(
            f"{loss:14} validation IC {mean(one.score for one in found):.4f}, {mean(gaps):+.4f} ± "
            f"{2 * stdev(gaps) / len(gaps) ** 0.5:.4f}; skill {mean(one.skill for one in found):.4f}; "
            f"CPU s {time.process_time() - begun:.1f}"
        )


def learn(loss: str, market: int, seed: int) -> Epoch:
    """The best epoch of a fit."""
    windows, split = open_market(market)
    training = Training(epochs=8, patience=8, windows=1024, loss=loss)
    spec = spec_of().model_copy(update={"training": training, "seed": seed})
    return max(Fitting(spec, windows, split).epochs(), key=lambda epoch: epoch.score)


if __name__ == "__main__":
    main()
