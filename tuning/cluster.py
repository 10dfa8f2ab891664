"""Opens a Ray cluster for the length of a search: the one that is named, the one that runs here, or a new local
one."""

import logging
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml_core.errors import InvalidInput, ServiceFailed
from ml_core.spec.experiment import Search

# A larger allocator threshold keeps the working memory of a step mapped between steps: 1.6x on an LSTM in batches of
# 256 (benchmarks/kernel.py); in pieces of 64 it gains next to nothing.
WORKER_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_TOP_PAD_": "268435456",
}
QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",  # else a search that is broken off starts a second cluster while it ends
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    "TUNE_MAX_PENDING_TRIALS_PG": "8",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
PATIENCE = 5.0  # seconds for a cluster to take a connection: Ray itself would try for a minute, and loudly


@contextmanager
def open_cluster(address: str | None = None) -> Iterator[None]:
    """Yields in a cluster; ends what it started."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        yield
        return
    named = address or os.environ.get("RAY_ADDRESS")
    if named and not answers(named):
        raise ServiceFailed(
            f"Ray: nobody answers at {named}; expected HOST:PORT of a cluster's head, as printed by `ray start --head`"
        )
    here = named or running_here()
    where = f"the cluster at {here}" if here else "a local cluster"
    options: dict = {} if here else {"include_dashboard": False}
    try:
        ray.init(
            address=named if here else "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": WORKER_ENVIRONMENT},
            **options,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ServiceFailed(f"Ray: {where} cannot be reached: {str(error).splitlines()[0]}") from None
    try:
        yield
    finally:
        ray.shutdown()


def running_here() -> str | None:
    """The address of the cluster that `ray start` left running on this machine, if it still answers."""
    folder = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir())
    with_head = folder / "ray" / "ray_current_cluster"
    address = with_head.read_text(encoding="utf-8").strip() if with_head.is_file() else ""
    return address if address and answers(address) else None


def answers(address: str) -> bool:
    """Whether somebody takes a connection there. What is not HOST:PORT is for Ray to judge."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdigit():
        return True
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except OSError:
        return False
    return True


def check_room(search: Search) -> None:
    """Refuse a trial that no node of the open cluster could ever hold, before anything waits for it."""
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    largest = [{name: node.get(name, 0.0) for name in ("CPU", "GPU")} for node in nodes]
    if any(node["CPU"] >= search.cpus_per_trial and node["GPU"] >= search.gpus_per_trial for node in largest):
        return
    there = ", ".join(f"{node['CPU']:g} CPU and {node['GPU']:g} GPU" for node in largest) or "nothing"
    raise InvalidInput(
        f"search.cpus_per_trial, search.gpus_per_trial: a trial asks for {search.cpus_per_trial:g} CPU and "
        f"{search.gpus_per_trial:g} GPU, and no node has that much; there is a node with {there}"
    )
