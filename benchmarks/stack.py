"""How long does `candorcast up` take, what memory does the whole stack hold, and how long does `down` take?

    python benchmarks/stack.py [EXPERIMENT…]     (three of the shipped ones by default, on a simulated market)

Two starts in one home: in an empty one Prefect and MLflow make their databases first. Seconds by the clock until every
service answers and every deployment is in force, CPU seconds of all processes until then, and the memory that they hold
together afterwards, what they share counted once (PSS, by /proc).
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flows.stack import processes
from flows.stack.plan import Ports
from flows.stack.services import free_port
from ml_core.home.settings import open_home

EXPERIMENTS = ("demo", "weekly_etfs", "single_stock")
TICK = os.sysconf("SC_CLK_TCK")


def start(experiments: list[str], folder: Path) -> tuple[subprocess.Popen, float]:
    """The stack, when it says that it stands, and how long that took."""
    ports = Ports(free_port(), free_port(), free_port())
    command = [
        sys.executable,
        "-c",
        "from cli.line import main; main()",
        "up",
        *experiments,
        "--home",
        str(folder),
    ]
    command += ["--set", "data.source=simulated", "--prefect-port", str(ports.prefect)]
    command += ["--mlflow-port", str(ports.mlflow), "--port", str(ports.app)]
    begun, output = time.monotonic(), folder / "output.txt"
    with output.open("w") as sink:
        stack = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True)
    while "Ctrl-C" not in output.read_text():
        if stack.poll() is not None:
            raise SystemExit(output.read_text())
        time.sleep(0.1)
    return stack, time.monotonic() - begun


def measure(pids: set[int]) -> tuple[float, float]:
    """CPU seconds of these processes and of their ended children, and their memory in MB."""
    ticks, kilobytes = 0, 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
        shares = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kilobytes += next(int(line.split()[1]) for line in shares if line.startswith("Pss:"))
    return ticks / TICK, kilobytes / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("experiments", nargs="*", default=list(EXPERIMENTS))
    asked = parser.parse_args()
    print(
        f"{len(asked.experiments)} experiments, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n"
    )
    print("| home | up, s | up, CPU s | memory, MB | down, s |\n|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder))
        for name in ("empty", "made before"):
            stack, took = start(asked.experiments, home.root)
            cpu, memory = measure(processes.family(str(home.services)) | {stack.pid})
            begun = time.monotonic()
            stack.send_signal(signal.SIGTERM)
            stack.wait()
            ended = time.monotonic() - begun
            print(f"| {name} | {took:.1f} | {cpu:.1f} | {memory:.0f} | {ended:.1f} |", flush=True)


if __name__ == "__main__":
    main()
