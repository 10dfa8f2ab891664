"""Does a panel of 3,000 tickers x 5,000 sessions x 24 features train without a copy of itself?

The panel is drawn at random, block by block. Printed: its size, and by how much the resident memory of this process
rose above it at most while one network was made ready, trained for an epoch of 2,048 windows with validation on the
last 252 sessions, and calibrated.

    python benchmarks/memory.py [--tickers 3000] [--sessions 5000]
"""

import argparse
import datetime as dt
import resource
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch

from ml_core.features.table import known_features
from ml_core.features.volatility import STATES
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Features, Model, Reading, RunSpec, Training
from ml_core.training.fit import assemble
from ml_core.training.loop import Fitting

FEATURES = 24
Result = TypeVar("Result")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tickers", type=int, default=3000)
    arguments.add_argument("--sessions", type=int, default=5000)
    given = arguments.parse_args()
    torch.set_num_threads(1)
    windows = draw_panel(given.tickers, given.sessions)
    print(f"panel {windows.x_NTF.nbytes / 1e6:,.0f} MB; resident {resident():,.0f} MB")
    names = windows.features
    spec = RunSpec(
        reading=Reading(lookback=60, features=Features(names=names, select="all")),
        model=Model(family="lstm"),
        training=Training(epochs=1, windows=2048),
    )
    days = windows.sessions
    spans = Span(days[0], days[-256]), Span(days[-254], days[-3]), Span(days[-2], days[-1])
    split = Split(0, *spans)
    fitting = step("made ready", lambda: Fitting(spec, windows, split), windows)
    step("trained and validated", lambda: list(fitting.epochs()), windows)
    step("calibrated", lambda: assemble([fitting]), windows)


def step(name: str, work: Callable[[], Result], windows: Windows) -> Result:
    """Do it, and print how far the memory rose."""
    before, begun = resident(), time.process_time()
    result = work()
    rose = resident() - before
    share = rose / (windows.x_NTF.nbytes / 1e6)
    print(f"{name:22} +{rose:6,.0f} MB, {share:.0%} of the panel; {time.process_time() - begun:.1f} CPU s")
    return result


def resident() -> float:
    """The most that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def draw_panel(tickers: int, sessions: int) -> Windows:
    rng = np.random.default_rng(0)
    first = dt.date(2000, 1, 3)
    names = tuple(name for name, (group, _) in known_features().items() if group != "regime")[:FEATURES]
    shape = (tickers, sessions)
    x_NTF = np.empty((*shape, FEATURES), dtype=np.float32)
    for x_TF in x_NTF:
        rng.standard_normal(out=x_TF, dtype=np.float32)
    return Windows(
        tickers=tuple(f"T{number:04d}" for number in range(tickers)),
        sessions=tuple(first + dt.timedelta(days=number) for number in range(sessions)),
        features=names,
        horizons=(1,),
        x_NTF=x_NTF,
        y_NTH=x_NTF[:, :, :1] * 0.1 + rng.standard_normal((*shape, 1), dtype=np.float32),
        unit_NTH=np.full((*shape, 1), 0.01, dtype=np.float32),
        state_NTK=rng.standard_normal((*shape, len(STATES)), dtype=np.float32),
        moved_NT=np.full(shape, 1e-4, dtype=np.float32),
        present_NT=np.ones(shape, dtype=bool),
        member_NT=np.ones(shape, dtype=bool),
        close_NT=np.full(shape, 100.0),
    )


if __name__ == "__main__":
    main()
