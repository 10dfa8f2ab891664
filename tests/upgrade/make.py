"""Makes the small home of a release: `python -m tests.upgrade.make`, with `--code DIR` by the code of that checkout.

A few evenings of a made-up market are lived through by that code (`tests/upgrade/lived.py`), its commands are asked
what they read there, and both are packed under `tests/upgrade/homes`, named by version and commit. What it needs is git
and the packages that this checkout has."""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).parent
HOMES, FILE = HERE / "homes", HERE / "small.toml"
ASKED = {
    "models": ("models",),
    "ledger": ("ledger",),
    "past": ("predict", "--as-of", "2018-12-28"),
    "newest": ("predict", "--version", "2"),
    "backtest": ("backtest",),
    "live": ("live",),
}
DOOR = "from cli.door import main; main()"


def run(code: Path, *words: str) -> str:
    """What Python prints of this with that checkout's code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CANDORCAST_")}
    environment = kept | {"PYTHONPATH": str(code), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words], env=environment, cwd=HERE, capture_output=True, text=True, timeout=600
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(words)}: {done.stderr or done.stdout}")
    return done.stdout


def ask(code: Path, home: Path, *words: str) -> object:
    """The document of a command, without the places where it was asked."""
    told = run(code, "-c", DOOR, words[0], str(FILE), *words[1:], "--home", str(home), "--json")
    return json.loads(told.replace(str(home), "HOME").replace(str(FILE), "FILE"))


def name_of(code: Path) -> str:
    """Its version and its commit, such as 0.1.0-b21800b."""
    version = tomllib.loads((code / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    told = subprocess.run(
        ["git", "-C", str(code), "rev-parse", "--short=7", "HEAD"], capture_output=True, text=True, check=True
    )
    return f"{version}-{told.stdout.strip()}"


def tighten(database: Path) -> None:
    """Without what was deleted, and without a log beside it."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")


def make(code: Path) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        home, asked = Path(folder) / "home", Path(folder) / "asked"
        run(code, str(HERE / "lived.py"), str(FILE), str(home))
        shutil.copytree(home, asked)  # a question may write: an answer, a score
        told = {name: ask(code, asked, *words) for name, words in ASKED.items()}
        (Path(folder) / "told.json").write_text(json.dumps(told), encoding="utf-8")
        tighten(home / "mlflow.db")
        packed = HOMES / f"{name_of(code)}.tar.xz"
        HOMES.mkdir(exist_ok=True)
        with tarfile.open(packed, "w:xz", preset=9) as archive:
            archive.add(home, "home")
            archive.add(Path(folder) / "told.json", "told.json")
    return packed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code", type=Path, default=HERE.parents[1], help="a checkout; default: this one")
    path = make(parser.parse_args().code.resolve())
    sys.stdout.write(f"{path}: {path.stat().st_size / 1024:.0f} KB\n")
