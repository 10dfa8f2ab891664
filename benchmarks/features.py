"""How fast are features built, and in how much memory? Ours beside pandas, `ta` and qlib's Alpha158, on the same bars.

Simulated bars; each contestant in a process of its own, reading them from a file before its clock starts. Cells are
rows times features. CPU seconds are of all threads: on a busy machine they compare where seconds do not.

    python benchmarks/features.py --peers DIR [--tickers 500] [--sessions 5000] [--peer-tickers 100]

DIR is where the environment of `ta` and qlib is made, once (`python -m venv`, then pip from the usual index); without
it those two are left out. `ta` and qlib run on fewer tickers, for they take their time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from alpha158 import declare_alphas
from feature_peers import measure

from ml_core.features.blocks import Stages
from ml_core.features.table import build_features, catalogue
from ml_core.panel.windows import build_windows
from ml_core.spec.experiment import Task

HERE = Path(__file__).parent
OURS = ("all", "spread", "panel", "chosen", "simple", "alpha158")
PACKAGES = ("pyqlib==0.9.7", "ta==0.11.0")
SIMPLE = (
    *(f"momentum_{window}" for window in (1, 5, 10, 20, 60)),
    *(f"volatility_{window}" for window in (5, 10, 20, 60, 120)),
    *(f"{name}_{window}" for window in (10, 20, 50, 100) for name in ("sma_gap", "z_score")),
    *("range_position_20", "range_position_60", "high_gap_20", "high_gap_60", "low_gap_60"),
    *(f"ema_gap_{window}" for window in (5, 10, 20, 40)),
    "macd",
    *(f"rsi_{window}" for window in (2, 5, 14, 28, 60)),
    *(f"volume_surprise_{window}" for window in (5, 20, 60)),
    *("stochastic_5", "stochastic_14", "parkinson_10", "parkinson_20"),
)


def simulate(tickers: int, sessions: int) -> pl.DataFrame:
    """Bars of a random market, in order, with five sectors."""
    rng = np.random.default_rng(0)
    shape = (tickers, sessions)
    steps = rng.normal(0, 0.012, shape) + rng.normal(0, 0.008, sessions)
    close = 50 * np.exp(np.cumsum(steps, axis=1))
    opened = close * np.exp(rng.normal(0, 0.004, shape))
    days = np.arange(np.datetime64("2000-01-03"), np.datetime64("2000-01-03") + 2 * sessions)
    return pl.DataFrame(
        {
            "ticker": np.repeat([f"T{number:05d}" for number in range(tickers)], sessions),
            "date": np.tile(days[np.is_busday(days)][:sessions], tickers),
            "open": opened.ravel(),
            "high": (np.maximum(opened, close) * np.exp(np.abs(rng.normal(0, 0.004, shape)))).ravel(),
            "low": (np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0, 0.004, shape)))).ravel(),
            "close": close.ravel(),
            "volume": np.round(rng.lognormal(12, 0.6, shape)).ravel(),
            "sector": np.repeat([f"S{number % 5}" for number in range(tickers)], sessions),
        }
    ).with_columns(pl.col("date").cast(pl.Date))


def ours(kind: str, prices: pl.DataFrame) -> pl.DataFrame | np.ndarray:
    """One of our contestants."""
    if kind in ("panel", "chosen"):
        built = build_features(prices, tuple(catalogue())[:: 1 if kind == "panel" else 10])
        return build_windows(prices, built, Task()).x_NTF.reshape(prices.height, -1)
    if kind == "alpha158":
        alphas = declare_alphas()
        names = [name for name, alpha in alphas.items() if not alpha.part]
        return pl.concat(Stages(prices, alphas).blocks(names))
    every = tuple(catalogue())
    spread = tuple(every[place * len(every) // 150] for place in range(150))
    return build_features(prices, {"all": every, "spread": spread, "simple": SIMPLE}[kind]).table


def run_ours(kind: str, source: str, target: str, tickers: str = "") -> None:
    prices = pl.read_parquet(source)
    if tickers:
        prices = prices.filter(
            pl.col("ticker").is_in(prices["ticker"].unique().sort().head(int(tickers)).implode())
        )
    made, cost = measure(lambda bars: ours(kind, bars), prices)
    if isinstance(made, pl.DataFrame):
        made = made.drop("ticker", "date")
        made.head(10_000).write_parquet(target)
    print(json.dumps({"rows": made.shape[0], "columns": made.shape[1], **cost}))


def find_peers(folder: Path) -> Path:
    """The Python of the peers' environment, which is made if it is not there."""
    python = folder / "features" / "bin" / "python"
    if not python.exists():
        print(f"making {python.parents[1]} with {', '.join(PACKAGES)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def contest(python: Path, script: str, kind: str, source: Path, *, tickers: int | None = None) -> dict:
    target = source.with_name(f"{Path(script).stem}-{kind}.parquet")
    command = [
        str(python),
        str(HERE / script),
        kind,
        str(source),
        str(target),
        *([str(tickers)] if tickers else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{script} {kind}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def agreement(one: Path, other: Path) -> str:
    """How much of the two results is equal to four digits, of what both know."""
    a, b = (pl.read_parquet(path) for path in (one, other))
    shared = [name for name in a.columns if name in b.columns]
    x, y = (table.select(shared).to_numpy()[200:4900] for table in (a, b))
    known = np.isfinite(x) & np.isfinite(y)
    equal = np.isclose(x, y, rtol=1e-3, atol=1e-4)
    return f"{len(shared)} columns, {equal[known].mean():.2%} of {known.sum():,} values equal to a thousandth"


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--tickers", type=int, default=500)
    asked.add_argument("--sessions", type=int, default=5000)
    asked.add_argument("--peer-tickers", type=int, default=100)
    asked.add_argument("--peers", type=Path)
    asked.add_argument("--without", nargs="*", default=[], help="contestants to leave out")
    given = asked.parse_args()
    folder, here = Path(tempfile.mkdtemp(prefix="features-")), Path(sys.executable)
    source, few = folder / "bars.parquet", given.peer_tickers
    simulate(given.tickers, given.sessions).write_parquet(source)
    contests = [
        ("ours, all", here, "features.py", "all", None),
        ("ours, 150 spread over all", here, "features.py", "spread", None),
        ("ours, all, into the panel", here, "features.py", "panel", None),
        ("ours, every tenth, likewise", here, "features.py", "chosen", None),
        ("ours, 40 simple", here, "features.py", "simple", None),
        ("pandas, the same 40", here, "feature_peers.py", "pandas", None),
    ]
    if given.peers:
        peers = find_peers(given.peers)
        contests += [
            ("ta, 40 alike", peers, "feature_peers.py", "ta", few),
            ("ours, Alpha158 less 15", here, "features.py", "alpha158", few),
            ("qlib, the same", peers, "feature_peers.py", "qlib", few),
        ]
    print(
        f"{given.tickers} tickers x {given.sessions} sessions; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print(
        f"{'':27} {'rows M':>7} {'columns':>7} {'s':>7} {'CPU s':>7} {'Mcells/CPU-s':>12} {'peak GB':>8} {'before':>7}"
    )
    for title, python, script, kind, tickers in contests:
        if kind in given.without:
            continue
        found = contest(python, script, kind, source, tickers=tickers)
        speed = found["rows"] * found["columns"] / found["cpu"] / 1e6
        print(
            f"{title:27} {found['rows'] / 1e6:7.2f} {found['columns']:7.0f} {found['wall']:7.1f} {found['cpu']:7.1f} "
            f"{speed:12.1f} {found['peak_gb']:8.2f} {found['before_gb']:7.2f}",
            flush=True,
        )
        time.sleep(1)
    for one, other in (
        ("features-simple", "feature_peers-pandas"),
        ("features-alpha158", "feature_peers-qlib"),
    ):
        pair = folder / f"{one}.parquet", folder / f"{other}.parquet"
        if all(path.exists() for path in pair):
            print(f"{one} and {other}: {agreement(*pair)}")


if __name__ == "__main__":
    run_ours(*sys.argv[1:]) if sys.argv[1:2] and sys.argv[1] in OURS else main()
