"""What would a search of 20,000 trials on 5,000 tickers take on 64 nodes, and what would hold it up?

    python benchmarks/scale.py [--nodes 64] [--cores 16] [--trials 20000] [--driver 0.04] [--mlflow 0.26]

A simulation, event by event. Each worker runs trials one after the other; a trial walks its folds, learns for a number
of epochs and is scored, all in CPU seconds that scatter by a third, and reports each epoch. One driver hears all of it
in turn: it spends so many CPU seconds on each trial, spread over its reports, and as many again on MLflow; who reports
waits until it is heard, and who has ended waits for its next trial. A share of the trials is dropped after the first
fold, as a race does. The seconds are measured ones (docs/scale.md says by which command).
"""

import argparse
import heapq
import random
from dataclasses import dataclass

FOLDS, EPOCHS, SCATTER = 3, 12, 0.33


@dataclass(frozen=True)
class Asked:
    workers: int
    trials: int
    driver: float
    mlflow: float
    learning: float
    scoring: float
    dropped: float


@dataclass
class Told:
    """What came of it, in seconds."""

    wall: float
    worked: float
    heard: float
    longest_wait: float


def simulate(asked: Asked) -> Told:
    lot, reports = random.Random(0), FOLDS * EPOCHS
    each = (asked.driver + asked.mlflow) / (reports + 1)
    free = heard = worked = longest = wall = 0.0
    begun = min(asked.workers, asked.trials)
    left = asked.trials - begun
    steps = [plan_steps(asked, lot) for _ in range(begun)]
    queue = [(worker_steps[0], worker, 0) for worker, worker_steps in enumerate(steps)]
    worked += sum(time for time, _, _ in queue)
    heapq.heapify(queue)
    while queue:
        now, worker, place = heapq.heappop(queue)
        free = max(free, now) + each
        heard, longest, wall = heard + each, max(longest, free - now), free
        if place + 1 < len(steps[worker]):
            place += 1
        elif left:
            left, place, steps[worker] = left - 1, 0, plan_steps(asked, lot)
        else:
            continue
        worked += steps[worker][place]
        heapq.heappush(queue, (free + steps[worker][place], worker, place))
    return Told(wall, worked, heard, longest)


def plan_steps(asked: Asked, lot: random.Random) -> list[float]:
    """The seconds between the reports of a trial."""
    pace = max(0.2, lot.gauss(1.0, SCATTER))
    folds = 1 if lot.random() < asked.dropped else FOLDS
    fold = [pace * asked.learning / EPOCHS] * EPOCHS + [pace * asked.scoring]
    return fold * folds


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--nodes", type=int, default=64)
    asked.add_argument("--cores", type=int, default=16)
    asked.add_argument("--trials", type=int, default=20000)
    asked.add_argument(
        "--driver", type=float, default=0.04, help="its CPU seconds on a trial, without MLflow"
    )
    asked.add_argument("--mlflow", type=float, default=0.26, help="its CPU seconds on writing a trial")
    asked.add_argument("--learning", type=float, default=30.0, help="CPU seconds of a trial and fold")
    asked.add_argument("--scoring", type=float, default=30.0, help="CPU seconds of a trial and fold")
    asked.add_argument("--dropped", type=float, default=0.5, help="share of trials that end after one fold")
    options = asked.parse_args()
    workers = options.nodes * options.cores
    told = simulate(
        Asked(
            workers, options.trials, options.driver, options.mlflow, options.learning, options.scoring,
            options.dropped,
        )
    )  # fmt: skip
    print(
        f"{options.trials} trials on {workers} workers: {told.wall / 3600:.2f} h, workers busy "
        f"{told.worked / (told.wall * workers):.0%}, driver {told.heard / told.wall:.0%} "
        f"(the longest wait {told.longest_wait:.1f} s); {told.worked / 3600:,.0f} core hours of work, "
        f"{told.wall * workers / 3600:,.0f} paid for; {options.trials / told.wall:.1f} trials a second"
    )


if __name__ == "__main__":
    main()
