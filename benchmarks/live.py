"""How often the live test is wrong when it is looked at every day, and how long it takes: streams of daily differences
alone, no model and no market. `python benchmarks/live.py [--years 2000]`; the tables stand in docs/live.md."""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import ArrayLike

from ml_core.frames import Array
from ml_core.live.known_answers import repeat_t_test
from ml_core.live.sequential import SequentialEvidence, follow
from ml_core.live.terms import price

SESSIONS = 1260  # five years
BOUND = 4.0
DIES = 504


def overlap(steps_RT: Array, horizon: int) -> Array:
    """Sums over so many sessions, of the variance of one."""
    sums_RT = np.cumsum(np.pad(steps_RT, ((0, 0), (1, 0))), axis=1)
    return (sums_RT[:, horizon:] - sums_RT[:, :-horizon]) / horizon**0.5


def draw_null(shape: str, paths: int, rng: np.random.Generator) -> tuple[Array, int]:
    """Streams of which no difference is expected above zero, within the bound, and how far their outcomes overlap."""
    if shape == "heavy tails (t, 2 df)":
        return np.clip(rng.standard_t(2, (paths, SESSIONS)), -BOUND, BOUND), 1
    if shape == "rare large gains":
        return np.where(rng.random((paths, SESSIONS)) < 0.1, 3.6, -0.4), 1
    if shape == "rare large losses":
        return np.where(rng.random((paths, SESSIONS)) < 0.9, 0.4, -3.6), 1
    if shape.startswith("overlapping"):
        horizon = int(shape.split()[1])
        steps = rng.normal(size=(paths, SESSIONS + horizon - 1))
        return np.clip(overlap(steps, horizon), -BOUND, BOUND), horizon
    return np.clip(rng.normal(size=(paths, SESSIONS)), -BOUND, BOUND), 1


def share(passed_R: ArrayLike) -> str:
    return f"{100 * float(np.mean(np.asarray(passed_R))):.1f} %"


def median_after(passed_RT: np.ndarray, start: int = 0) -> str:
    """Sessions until it first passed, from `start` on; of those that never did, all of them."""
    later_RT = passed_RT[:, start:]
    after_R = np.where(later_RT.any(axis=1), later_RT.argmax(axis=1) + 1, np.inf)
    middle = float(np.median(after_R))
    return f"{middle:.0f}" if np.isfinite(middle) else f"more than {later_RT.shape[1]}"


def print_false_alarms(paths: int, rng: np.random.Generator) -> None:
    print(f"Nothing to find, looked at daily for five years, {paths} streams each (5 %, e-value 20):\n")
    print(
        "| stream | proven | refuted | confidence sequence ever misses | t-test every day |\n|---|---|---|---|---|"
    )
    for shape in ("normal", "heavy tails (t, 2 df)", "rare large gains", "rare large losses",
                  "overlapping 5", "overlapping 20"):  # fmt: skip
        values, horizon = draw_null(shape, paths, rng)
        found: SequentialEvidence = follow(values, bound=BOUND, horizon=horizon)
        missed = ((found.low > 0) | (found.high < 0)).any(axis=1)
        believed = np.array([repeat_t_test(one, 0.05) is not None for one in values])
        cells = [(found.better >= 20).any(axis=1), (found.refuted >= 20).any(axis=1), missed, believed]
        print(f"| {shape} | {' | '.join(share(cell) for cell in cells)} |")


def print_delays(paths: int, rng: np.random.Generator) -> None:
    needed = price(1, 3, significance=0.05)
    print(f"\nSomething to find, {paths} streams each, e-value {needed:.0f} (first line, three questions):\n")
    print(
        "| advantage a date, in deviations | ahead | proven in five years | median sessions |\n|---|---|---|---|"
    )
    for mean in (0.1, 0.2, 0.4, 0.8):
        for horizon in (1, 5):
            steps = rng.normal(mean / horizon**0.5, 1.0, (paths, SESSIONS + horizon - 1))
            found = follow(np.clip(overlap(steps, horizon), -BOUND, BOUND), bound=BOUND, horizon=horizon)
            passed = found.better >= needed
            print(f"| {mean} | {horizon} | {share(passed.any(axis=1))} | {median_after(passed)} |")
    print(f"\nAn advantage that dies after {DIES} sessions, 0.4 of it promised as above:\n")
    print("| advantage, in deviations | given back before | median sessions after |\n|---|---|---|")
    for mean in (0.4, 0.8):
        values = rng.normal(mean, 1.0, (paths, SESSIONS))
        values[:, DIES:] -= mean
        found = follow(np.clip(values, -BOUND, BOUND), bound=BOUND, promised=0.4 * mean)
        passed = found.refuted >= needed
        print(f"| {mean} | {share(passed[:, :DIES].any(axis=1))} | {median_after(passed, DIES)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=2000, help="stream-years of each row")
    paths = max(parser.parse_args().years // 5, 1)
    rng = np.random.default_rng(20261129)
    print_false_alarms(paths, rng)
    print_delays(paths, rng)


if __name__ == "__main__":
    main()
