"""How much CPU until the same validation score, beside neuralforecast's own training loop?

    python benchmarks/peer.py [--peers FOLDER] [--seeds 3] [--budget 90]

Both sides forecast one session ahead from the same 60 values of the same series: the excess return of each of 100
simulated tickers in units of its volatility, with the simulated market's default planted signal (IC 0.1). Training
rows, asked rows, sizes (LSTM 2x64; 2 encoder layers of width 64, 4 heads, 128 inside; no dropout), loss (squared
error), seeds and the one thread are the same; the forecasts of both are scored by `panel.py`. The target is 90 % of
the oracle's IC on the asked rows.

The clock is CPU time of preparing data and training, from the panel in memory on. Imports, a first short fit that
loads what is loaded on first use, and every scoring of the asked rows are left out on both sides. neuralforecast is
scored now and then (each time 1.25 times later), and what counts is the scoring before the one that reached the
target: a time at which it had not; ours counts when it did, confirmed on forecasts as they are served.

neuralforecast runs in an environment of its own, made in the folder of --peers and kept. Its settings are the best
found of batch sizes (4 or 8 series; 64, 128 or 256 windows), learning rates (0.001, 0.003, 0.01) and, for the
Transformer, its default decoder. A batch of few series, for every step copies all windows of its series; no scaler per
window, for the series comes in units already; windows of every session (`step_size` 1), of which a batch is drawn;
no logger, bar, checkpoint or validation of its own. "LSTM, teacher-forced" is its `recurrent=True` with `h_train=30`,
the one setting in which it too learns from half of each window: another network, whose layers pass on one number.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from panel import SEES, Grid
from peer_market import CUT, FIRST, READING, TASK, UNIVERSE, make_panel

from ml_core.forecaster.networks import run_network
from ml_core.panel.splits import Span, Split
from ml_core.panel.windows import Windows
from ml_core.spec.experiment import Model, RunSpec, Training
from ml_core.training.loop import Fitting

PINS = ("torch==2.13.0", "neuralforecast==3.3.0")
SHARE = 0.9
COMMON = {"scaler_type": "identity", "max_steps": 1_000_000, "inference_windows_batch_size": 64}
TRANSFORMER = {"encoder_layers": 2, "hidden_size": 64, "n_head": 4, "conv_hidden_size": 128, "dropout": 0.0}
LSTM = {"encoder_n_layers": 2, "encoder_hidden_size": 64}
FORCED = {"recurrent": True, "h_train": SEES // 2, "input_size": SEES // 2, "inference_input_size": SEES}
PACE = 1.25  # the peer is scored at 1 CPU second and each time so many times later


def _drawn(series: int, windows: int, *, rate: float) -> dict[str, Any]:
    """A step of the peer: so many windows, drawn from all of so many series."""
    return {"batch_size": series, "windows_batch_size": windows, "learning_rate": rate}


@dataclass(frozen=True)
class Theirs:
    """One of the peer's models and its options; with `cycle`, so many steps of a one-cycle learning rate."""

    name: str
    model: str
    options: dict[str, Any]
    cycle: int | None = None


@dataclass(frozen=True)
class Case:
    """A network of ours with its training, and what of the peer stands beside it."""

    name: str
    model: dict[str, Any]
    training: dict[str, Any]
    peers: tuple[Theirs, ...]


CASES = (
    Case(
        "LSTM",
        {"family": "lstm", "hidden": 64, "layers": 2, "dropout": 0.0},
        {"batch": 16, "windows": 256, "learning_rate": 3e-3, "epochs": 16},
        (
            Theirs("LSTM", "LSTM", {**LSTM, "decoder_layers": 1, **_drawn(8, 128, rate=3e-3)}),
            Theirs(
                "LSTM, one cycle",
                "LSTM",
                {**LSTM, "decoder_layers": 1, **_drawn(8, 128, rate=3e-3)},
                cycle=100,
            ),
            Theirs("LSTM, teacher-forced", "LSTM", {**LSTM, **FORCED, **_drawn(8, 64, rate=1e-2)}),
        ),
    ),
    Case(
        "Transformer",
        {"family": "transformer", "width": 64, "heads": 4, "layers": 2, "dropout": 0.0},
        {"batch": 32, "windows": 1024, "learning_rate": 2e-3, "epochs": 24},
        (Theirs("VanillaTransformer", "VanillaTransformer", {**TRANSFORMER, **_drawn(8, 128, rate=1e-3)}),),
    ),
)


@dataclass(frozen=True)
class Reached:
    """CPU seconds until the target, or all that were spent without reaching it; the best score; its error."""

    there: bool
    seconds: float
    best: float
    error: float

    def __str__(self) -> str:
        return f"{'' if self.there else 'not in '}{self.seconds:.2f} s (IC {self.best:.4f}, MSE {self.error:.4f})"


class Watched(Fitting):
    """A fitting that knows what its validation passes cost."""

    away = 0.0

    def _validate(self) -> tuple[float, float]:
        begun = time.process_time()
        found = super()._validate()
        self.away += time.process_time() - begun
        return found


def learn(case: Case, seed: int, windows: Windows, panel: Grid, target: float) -> Reached:
    """Ours, in this process."""
    training = Training(patience=10_000, **case.training)
    model = Model.model_validate(case.model)
    spec = RunSpec(task=TASK, reading=READING, model=model, training=training, seed=seed)
    days = windows.sessions
    split = Split(0, Span(days[FIRST], days[CUT - 2]), Span(days[CUT], days[-2]), Span(days[-1], days[-1]))
    begun, scoring, found, spent = time.process_time(), 0.0, (0.0, 1.0), 0.0
    fitting = Watched(spec, windows, split)
    for epoch in fitting.epochs():
        now = time.process_time()
        spent = now - begun - fitting.away - scoring
        if epoch.score < target:
            continue
        rows_NT = windows.usable(SEES) & windows.rows(split.validation)
        mean_NTO, _ = run_network(fitting.member(), fitting.layout, rows_NT, SEES)
        found = panel.score(mean_NTO[:, CUT:-1, 0])
        if found[0] >= target:
            return Reached(True, spent, *found)
        scoring += time.process_time() - now
    return Reached(False, spent, *found)


def ask_peer(
    python: Path, theirs: Theirs, panel: Path, *, seed: int, target: float, budget: float
) -> Reached:
    """neuralforecast's, in a process of its own environment."""
    settings = {
        "model": theirs.model,
        "options": {**COMMON, **theirs.options, "random_seed": seed + 1},
        "cycle": theirs.cycle,
        "target": target,
        "budget": budget,
        "first": 1.0,
        "pace": PACE,
    }
    with tempfile.TemporaryDirectory() as folder:
        asked, result = Path(folder) / "settings.json", Path(folder) / "result.json"
        asked.write_text(json.dumps(settings))
        script = Path(__file__).with_name("peer_neuralforecast.py")
        subprocess.run(
            [str(python), str(script), str(panel), str(asked), str(result)],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""},
        )
        seen = json.loads(result.read_text())
    best, error = max((found, error) for _, found, error, _ in seen)
    there = seen[-1][1] >= target
    return Reached(there, seen[-2][0] if there and len(seen) > 1 else seen[-1][0], best, error)


def environment(folder: Path) -> Path:
    """The Python of the peer's environment in that folder, made where it is missing."""
    home = folder / "neuralforecast"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PINS], check=True)
    return python


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "candorcast-peers")
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--budget", type=float, default=90.0, help="CPU seconds of each of the peer's fits")
    asked.add_argument("--together", type=int, default=1, help="how many of its fits at a time")
    asked.add_argument("--only", help="the name of one case")
    options = asked.parse_args()
    torch.set_num_threads(1)
    python = environment(options.peers)
    windows, panel, oracle = make_panel()
    target = SHARE * oracle
    print(
        f"oracle IC {oracle:.4f} on {panel.asked} sessions of {len(UNIVERSE.tickers)} tickers; target {target:.4f}"
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "panel.npz"
        panel.write(source)
        for case in CASES:
            if options.only in (None, case.name):
                race(case, python, windows, panel, source, target, options)


def race(
    case: Case, python: Path, windows: Windows, panel: Grid, source: Path, target: float, options: Any
) -> None:
    """One case for every seed; the peer's fits are processes, so many together."""
    learn(replace(case, training={**case.training, "epochs": 1}), 99, windows, panel, target)
    mine = report(
        f"{case.name}, ours", [learn(case, seed, windows, panel, target) for seed in range(options.seeds)]
    )
    for theirs in case.peers:
        with ThreadPoolExecutor(options.together) as pool:
            found = pool.map(
                lambda seed, theirs=theirs: ask_peer(
                    python, theirs, source, seed=seed, target=target, budget=options.budget
                ),
                range(options.seeds),
            )
            print(f"    {report(f'neuralforecast {theirs.name}', list(found)) / mine:.1f} x ours", flush=True)


def report(name: str, found: list[Reached]) -> float:
    """Prints every seed; the median of the seconds."""
    middle = median(one.seconds for one in found)
    print(f"{name:40} median {middle:6.2f} CPU s   {'; '.join(str(one) for one in found)}", flush=True)
    return middle


if __name__ == "__main__":
    main()
