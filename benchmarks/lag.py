"""How long do workers wait for what a trial has to know before it may begin?

    python benchmarks/lag.py [--spread 0.5] [--trials 12]

Durations are drawn by lot, with this standard deviation of their logarithm, so many trials for each slot. A trial
begins when a slot is free and all those `lag` before it have ended; how much longer the whole takes than where a free
slot is all that is asked, for a lag of so many times the slots (of six at least, as in a search). The mean of 100.
"""

import argparse
import heapq

import numpy as np

from tuning.runner import LAG_OF_SLOT, LEAST_LAG

SLOTS, TIMES = (2, 8, 16, 64), (1, 2, LAG_OF_SLOT, 4)
DRAWS = 100


def run(seconds_T: np.ndarray, *, slots: int, lag: int) -> float:
    """When the last of these trials ends."""
    ended_T, free = np.zeros_like(seconds_T), [0.0] * slots
    for number, seconds in enumerate(seconds_T):
        known = ended_T[: number - lag + 1].max() if number >= lag else 0.0
        ended_T[number] = max(heapq.heappop(free), known) + seconds
        heapq.heappush(free, ended_T[number])
    return float(ended_T.max())


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--spread", type=float, default=0.5)
    asked.add_argument("--trials", type=int, default=12, help="for each slot")
    options = asked.parse_args()
    print("slots", *(f"lag {times} x" for times in TIMES), sep="\t")
    for slots in SLOTS:
        longer = []
        for times in TIMES:
            lag, rng = max(LEAST_LAG, times * slots), np.random.default_rng(slots)
            draws = np.exp(rng.normal(0, options.spread, (DRAWS, options.trials * slots)))
            pairs = [(run(one, slots=slots, lag=lag), run(one, slots=slots, lag=one.size)) for one in draws]
            longer.append(np.mean([held / free - 1 for held, free in pairs]))
        print(slots, *(f"{one:+.1%}" for one in longer), sep="\t", flush=True)


if __name__ == "__main__":
    main()
