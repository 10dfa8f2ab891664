"""Opens a Ray cluster for the length of a search: the one that is named, the one that runs here, or a new local
one."""

import logging
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from ml_core.errors import ClusterLost, InvalidInput, ServiceFailed
from ml_core.spec.experiment import Search
from tuning.guard import guard_agents

# A larger allocator threshold keeps the working memory of a step mapped between steps: 1.6x on an LSTM in batches of
# 256 (benchmarks/kernel.py); in pieces of 64 it gains next to nothing. Each trial is a thread: with a heap of its own
# it would leave what it freed to nobody (benchmarks/workers.py: 611 MB a worker, and 440 with one heap for all).
WORKER_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1",
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
LATE = "timed out during startup"  # a node of which a process died, or on cores that others keep busy
TOKEN = "; where it asks for a token: export RAY_AUTH_MODE=token RAY_AUTH_TOKEN=…"
PATIENCE = 5.0  # seconds for a cluster to take a connection: Ray itself would try for a minute, and loudly


@contextmanager
def open_cluster(address: str | None = None) -> Iterator[None]:
    """Yields in a cluster; ends what it started."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    with _without_ray_on_stdout():
        if ray.is_initialized():
            yield
        else:
            with _own_connection(address):
                yield


@contextmanager
def _without_ray_on_stdout() -> Iterator[None]:
    """Of each worker that is lost Ray writes a paragraph there, whatever it was asked; a document of ours has to stand
    there alone, and the ledger tells what the loss came to."""
    from ray._private import worker

    module: Any = worker
    writes, module.print_to_stdstream = module.print_to_stdstream, lambda *_, **__: None
    try:
        yield
    finally:
        module.print_to_stdstream = writes


@contextmanager
def _own_connection(address: str | None) -> Iterator[None]:
    import ray

    named = address or os.environ.get("RAY_ADDRESS")
    if named and not answers(named):
        raise ServiceFailed(
            f"Ray: nobody answers at {named}; expected HOST:PORT of a cluster's head, as printed by `ray start --head`"
        )
    here = named or running_here()
    where = f"the cluster at {here}" if here else "a local cluster"
    options: dict = (
        {"runtime_env": {"env_vars": WORKER_ENVIRONMENT}} if here else {"include_dashboard": False}
    )
    try:
        with nullcontext() if here else _handing_down(WORKER_ENVIRONMENT), _keeping_sigterm():
            ray.init(
                address=named if here else "local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                **options,
            )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ServiceFailed(
            f"Ray: {where} cannot be reached: {str(error).splitlines()[0]}{TOKEN if here else ''}"
        ) from None
    except Exception as error:  # Ray has no class of its own for it
        if here or LATE not in str(error):
            raise
        raise ClusterLost(f"Ray: a local cluster did not come up: {error}") from None
    try:
        with guard_agents():
            yield
    finally:
        ray.shutdown()


@contextmanager
def _keeping_sigterm() -> Iterator[None]:
    """Ray would end this process with a dump of its stack, whoever handled the signal before."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


@contextmanager
def _handing_down(environment: Mapping[str, str]) -> Iterator[None]:
    """What is started here has it from its parent. Where workers are asked for it by name, those that Ray has ready are
    not used: they do not have it."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def check_alive() -> None:
    """Refuse to wait for a local cluster of which a process was killed: some seconds later Ray would end this process
    too. Of a cluster that somebody else started nothing is known here."""
    from ray._private import worker

    node: Any = worker._global_node
    if node and (dead := [name for name, _ in node.dead_processes()]):
        raise ClusterLost(f"Ray: {', '.join(dead)} of the local cluster was killed")


def leave_cluster() -> None:
    """At once, and not when the search is left: Ray ends a process whose cluster is gone, without a word of ours."""
    import ray

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


def count_slots(search: Search) -> int:
    """How many trials the open cluster holds at once. What no node could ever hold is refused before anything waits for
    it."""
    import ray

    asked = {"CPU": search.cpus_per_trial, "GPU": search.gpus_per_trial}
    nodes = [
        {name: node["Resources"].get(name, 0.0) for name in asked} for node in ray.nodes() if node["Alive"]
    ]
    slots = sum(min(int(node[name] / need + 1e-9) for name, need in asked.items() if need) for node in nodes)
    if slots:
        return slots
    there = ", ".join(f"{node['CPU']:g} CPU and {node['GPU']:g} GPU" for node in nodes) or "nothing"
    raise InvalidInput(
        f"search.cpus_per_trial, search.gpus_per_trial: a trial asks for {search.cpus_per_trial:g} CPU and "
        f"{search.gpus_per_trial:g} GPU, and no node has that much; there is a node with {there}"
    )
