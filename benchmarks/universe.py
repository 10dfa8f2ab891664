"""What does a day with very many tickers cost: seconds, memory, disk, from the first load to the forecasts?

    python benchmarks/universe.py [--tickers 50,200,500] [--sessions 5040] [--only predict] [--learn 50]
                                  [--limit 14] [--keep FOLDER]

A market of made-up bars lies in one Parquet file a ticker. Each step is a process of its own, started as a user starts
it: a first `refresh`, the same after one more session, the features by Python's door, a `search` of two trials (a small
LSTM and ridge, one fold, few windows) with its verdict and reference, `predict`. Beside it stand seconds by the clock,
CPU seconds and the most memory that the process and all its children held at once, pages they share counted once
(Linux only). A step that would hold more than `--limit` GB is ended, and told so; what rests on it is left out.
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.store import bytes_in
from ml_core.data.calendar import sessions_between

FIRST = dt.date(2004, 1, 2)
DOOR = "import sys; from cli.door import main; sys.argv[0] = 'candorcast'; main()"
FEATURES = "import candorcast, sys; print(candorcast.open(sys.argv[1], home=sys.argv[2]).features().shape)"
STEPS = {
    "refresh": ["-c", DOOR, "refresh"],
    "next session": ["-c", DOOR, "refresh"],
    "features": ["-c", FEATURES],
    "search": ["-c", DOOR, "search"],
    "predict": ["-c", DOOR, "predict"],
}
NEEDED = ("refresh", "next session")
LOOK_EVERY, TICK, GB = 0.4, os.sysconf("SC_CLK_TCK"), 1e9
EXPERIMENT = """
name = "universe"
[universe]
tickers = [{tickers}]
[data]
source = "files"
[data.files]
path = "{files}"
[task]
lookback = 32
horizons = [1, 5]
[features]
names = [
  "shock", "momentum_5", "momentum_20", "momentum_60", "momentum_120", "volatility_5", "volatility_20", "volatility_60",
  "parkinson_20", "volume_surprise_20", "z_score_20", "rsi_14",
  "momentum_rank_20", "momentum_rank_60", "volatility_rank_20", "volume_rank_20",
]
[training]
windows = 2560
epochs = 3
[search]
families = ["lstm", "ridge"]
trials = 2
sampler = "random"
[validation]
train = 756
test = 126
folds = 1
holdout = 252
"""


@dataclass
class Cost:
    """Of one step. `cpu` by process, each as it was last seen."""

    wall: float = 0.0
    most: float = 0.0
    cpu: dict[tuple[str, str], float] = field(default_factory=dict)
    failed: str = ""

    def look(self, root: int) -> None:
        held = 0
        for place in family_of(root):
            try:
                told = (place / "stat").read_text().rpartition(")")[2].split()
                pages = (place / "smaps_rollup").read_text().split()
            except OSError:  # it has ended
                continue
            self.cpu[place.name, told[19]] = (int(told[11]) + int(told[12])) / TICK
            held += int(pages[pages.index("Pss:") + 1]) * 1024
        self.most = max(self.most, held / GB)


def family_of(root: int) -> list[Path]:
    """The process and all below it."""
    children: dict[str, list[str]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = (place / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        children.setdefault(parent, []).append(place.name)
    found = [str(root)]
    for name in found:
        found += children.get(name, [])
    return [Path("/proc") / name for name in found]


def run(words: list[str], limit: float) -> Cost:
    cost, begun = Cost(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, *words], stdout=said, stderr=said)
        while process.poll() is None:
            cost.look(process.pid)
            if cost.most > limit:
                cost.failed = f"ended at {limit:g} GB"
                for place in reversed(family_of(process.pid)):
                    os.kill(int(place.name), 9)
            time.sleep(LOOK_EVERY)
        cost.wall = time.perf_counter() - begun
        if (
            process.returncode not in (0, 1 * (words[2] == "search")) and not cost.failed
        ):  # 1: refused by the gate
            said.seek(0)
            cost.failed = said.read()[-2000:]
    return cost


def write_market(folder: Path, tickers: list[str], sessions: int, *, whole: bool) -> None:
    """Made-up bars, a random walk each; without `whole` the last session is still to come."""
    days = sessions_between("XNYS", FIRST, dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1))[-sessions:]
    folder.mkdir(exist_ok=True)
    for place, ticker in enumerate(tickers):
        chance = np.random.default_rng(place)
        close = np.round(50 * np.exp(np.cumsum(chance.normal(0, 0.012, len(days)))) + 1, 2)
        bars = {
            "date": days, "ticker": [ticker] * len(days), "open": np.round(close * 0.999, 2),
            "high": np.round(close * 1.01, 2), "low": np.round(close * 0.99, 2), "close": close,
            "volume": np.round(np.exp(chance.normal(13, 0.4, len(days)))), "dividend": 0.0, "split": 1.0,
        }  # fmt: skip
        pl.DataFrame(bars).head(len(days) - (not whole)).write_parquet(folder / f"{ticker}.parquet")


def walk(folder: Path, count: int, asked: argparse.Namespace) -> None:
    """Every step with so many tickers, a line each."""
    only = set(filter(None, asked.only.split(",")))
    tickers = [f"T{place:04d}" for place in range(count)]
    files, home, experiment = folder / "files", folder / "home", folder / "universe.toml"
    experiment.write_text(EXPERIMENT.format(tickers=quoted(tickers), files=files))
    for step, words in STEPS.items():
        if only and step not in only:
            continue
        if step in ("refresh", "next session"):
            write_market(files, tickers, asked.sessions, whole=step == "next session")
        before = bytes_in(home) if home.exists() else 0
        words = [*words, str(experiment), *(["--home"] if words[1] == DOOR else []), str(home)]
        if step == "search" and asked.learn < count:
            words += ["--set", f"universe.tickers=[{quoted(tickers[: asked.learn])}]"]
        cost = run(words, asked.limit)
        show(count, step, cost, (bytes_in(home) - before) / 1e6)
        if cost.failed and step in NEEDED:
            return


def quoted(tickers: list[str]) -> str:
    return ", ".join(f'"{ticker}"' for ticker in tickers)


def show(count: int, step: str, cost: Cost, added: float) -> None:
    cpu = sum(cost.cpu.values())
    cells = f"{count:>6} {step:<13}{cost.wall:>9.1f}{cpu:>9.1f}{cost.most:>8.2f}{added:>9.1f}{1000 * cpu / count:>9.1f}"
    print(f"{cells}  {cost.failed}", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--tickers", default="50,200,500")
    asked.add_argument("--sessions", type=int, default=5040)
    asked.add_argument("--only", default="", help=f"of {', '.join(STEPS)}; what they rest on lies in --keep")
    asked.add_argument(
        "--learn", type=int, default=10**6, help="the search sees the first so many tickers alone"
    )
    asked.add_argument("--limit", type=float, default=14.0, help="GB that a step may hold")
    asked.add_argument("--keep", type=Path, help="a folder for markets and homes, which stays")
    options = asked.parse_args()
    print("tickers step            seconds    cpu s      GB  MB disk   ms a ticker")
    with tempfile.TemporaryDirectory() as passing:
        for count in map(int, options.tickers.split(",")):
            folder = (options.keep or Path(passing)) / str(count)
            folder.mkdir(parents=True, exist_ok=True)
            walk(folder, count, options)


if __name__ == "__main__":
    main()
