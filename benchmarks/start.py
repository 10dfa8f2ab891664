"""How long a command takes that has little to do: CPU seconds of its process, the least and the median of some runs.

`python benchmarks/start.py`, with `--runs N`. The home holds a registry without a model.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MAIN = "from cli.line import main; main()"
COMMANDS = {
    "nothing: an empty Python": None,
    "--help": ["--help"],
    "a typo of a command": ["serach", "demo"],
    "a typo of an option": ["search", "demo", "--trails", "3"],
    "an unknown experiment": ["models", "nosuch"],
    "models, no registry yet": ["models", "demo", "--home", "BARE"],
    "models": ["models", "demo", "--home", "HOME"],
}


def seconds(code: str, *arguments: str) -> float:
    """CPU seconds, its children's too, of one process that runs the code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def make_homes(folder: Path) -> dict[str, str]:
    """A home without a registry and one whose registry is empty."""
    from ml_core.home.settings import open_home
    from ml_core.registry.tracking import connect

    homes = {"BARE": folder / "bare", "HOME": folder / "home"}
    connect(open_home(homes["HOME"]))
    open_home(homes["BARE"])
    return {name: str(path) for name, path in homes.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        homes = make_homes(Path(folder))
        print("| | least | median |\n|---|--:|--:|")
        for name, words in COMMANDS.items():
            given = [homes.get(word) or word for word in words or ()]
            taken = [seconds(MAIN if words else "pass", *given) for _ in range(runs)]
            print(f"| {name} | {min(taken):.2f} | {statistics.median(taken):.2f} |")


if __name__ == "__main__":
    main()
