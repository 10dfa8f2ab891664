"""How many trials an hour does a search do, and how soon is it as good, beside neuralforecast's AutoLSTM with Ray?

    python benchmarks/search_peer.py [--peers FOLDER] [--trials 8] [--scheduler none]

Both try learning rates (0.001 to 0.01, by lot) of an LSTM 2x64 on the panel of `peer.py`: 100 simulated tickers, one
session ahead from the same 60 values, the same training rows, asked rows and loss; Ray on this machine, a thread a
trial. A trial sees as many targets on both sides: 5 epochs of 512 windows, of which ours supervises the last half of
each (30 targets), or 600 steps of 128 windows with a target each. Ours scores each epoch on the asked rows, forecasts
them, and trades on that; the peer validates once, at the end of a trial. With `--scheduler none` nobody is stopped
early; `asha` is what our search does by default.

Each side is a process. Its clock starts when its imports are done and the panel is in memory, and is the CPU time of
the process and of all that it starts, Ray's own among them; wall time stands beside it. At the end AutoLSTM fits its
winner again, which counts as no trial and is left out of the clock; the IC of that fit on the asked sessions is what
our search is then asked for: the CPU time until the first of our trials was as good.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from panel import Grid
from peer import environment
from peer_market import make_panel

HERE, TICKS = Path(__file__).parent, os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """What a side came to: the wall second at which each trial ended with its IC on the asked rows (the peer knows only
    its winner's), and what the clock said at each moment."""

    ended: list[tuple[float, float]]
    trials: int
    wall: float
    clock: list[tuple[float, float]]

    @property
    def best(self) -> float:
        return max(score for _, score in self.ended)

    def cpu(self, wall: float) -> float:
        """CPU seconds spent by then."""
        return max((spent for at, spent in self.clock if at <= wall), default=0.0)

    def until(self, score: float) -> float | None:
        """CPU seconds until a trial was as good as that."""
        return next((self.cpu(at) for at, found in sorted(self.ended) if found >= score), None)


@dataclass
class Meter:
    """CPU time of a process and of all below it, followed while it runs."""

    root: subprocess.Popen
    begun: float = field(default_factory=time.monotonic)
    clock: list[tuple[float, float]] = field(default_factory=list)
    spent: dict[int, float] = field(default_factory=dict)

    def follow(self) -> None:
        """Until the process ends; one below it that ended keeps what it had spent when it was last seen."""
        base = self._add_up()
        while self.root.poll() is None:
            self.clock.append((time.monotonic() - self.begun, self._add_up() - base))
            time.sleep(0.2)

    def _add_up(self) -> float:
        parents, seconds = read_processes()
        for one, spent in seconds.items():
            above = one
            while above not in (0, self.root.pid):
                above = parents.get(above, 0)
            if above:
                self.spent[one] = spent
        return sum(self.spent.values())


def read_processes() -> tuple[dict[int, int], dict[int, float]]:
    """Of every process its parent and its CPU seconds (Linux)."""
    parents, seconds = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            told = file.read_text().rpartition(")")[2].split()
            one = int(file.parent.name)
            parents[one], seconds[one] = int(told[1]), (int(told[11]) + int(told[12])) / TICKS
    return parents, seconds


def measure(command: list[str], result: Path) -> Run:
    """Run a side: it says `begun` when its clock starts and `ended` when its last trial is done."""
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    with (
        (result.with_suffix(".log")).open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environ) as side,
    ):
        meter, wall = Meter(side), 0.0
        for line in side.stdout or ():
            if line.strip() == "begun":
                meter.begun = time.monotonic()
                threading.Thread(target=meter.follow, daemon=True).start()
            elif line.strip() == "ended":
                wall = time.monotonic() - meter.begun
    if side.returncode:
        raise SystemExit(f"{command[1]} failed:\n{result.with_suffix('.log').read_text()[-2000:]}")
    told: dict[str, Any] = json.loads(result.read_text())
    return Run([(at, score) for at, score in told["ended"]], told["trials"], wall, meter.clock)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "candorcast-peers")
    asked.add_argument("--trials", type=int, default=8)
    asked.add_argument("--scheduler", choices=("none", "asha"), default="none", help="ours")
    options = asked.parse_args()
    python = environment(options.peers)
    _, panel, oracle = make_panel()
    print(f"oracle IC {oracle:.4f} on {panel.asked} sessions", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        mine, theirs = race(python, panel, Path(folder), options)
    for name, run in (("ours", mine), ("AutoLSTM", theirs)):
        spent = run.cpu(run.wall)
        print(
            f"{name:10}{run.trials} trials: {spent:7.1f} CPU s, {run.wall:6.1f} s; "
            f"{3600 * run.trials / spent:6.0f} an hour of one core; best IC {run.best:.4f}"
        )
    ratio = theirs.cpu(theirs.wall) / theirs.trials / (mine.cpu(mine.wall) / mine.trials)
    print(f"a trial: {ratio:.1f} x less CPU; wall {theirs.wall / mine.wall:.1f} x")
    reached = mine.until(theirs.best)
    print(
        f"as good as theirs after {reached:.1f} CPU s, {theirs.cpu(theirs.wall) / reached:.1f} x sooner"
        if reached
        else "no trial of ours was as good as theirs"
    )


def race(python: Path, panel: Grid, folder: Path, options: Any) -> tuple[Run, Run]:
    """One side after the other, on the same panel."""
    source = folder / "panel.npz"
    panel.write(source)
    own = [sys.executable, str(HERE / "search_peer_ours.py"), str(folder / "ours.json"), str(options.trials)]
    mine = measure([*own, options.scheduler], folder / "ours.json")
    other = [str(python), str(HERE / "search_peer_neuralforecast.py"), str(source), str(folder / "peer.json")]
    return mine, measure([*other, str(options.trials)], folder / "peer.json")


if __name__ == "__main__":
    main()
