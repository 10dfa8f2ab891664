"""Opens a Ray cluster for the length of a search: the one that is named, the one that runs here, or a new local
one."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ml_core.errors import ServiceFailed

# A larger allocator threshold keeps the working memory of a step mapped between steps: 1.6x on an LSTM in batches of
# 256 (benchmarks/kernel.py); in pieces of 64 it gains next to nothing.
WORKER_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": "1073741824",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_TOP_PAD_": "268435456",
}
QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    "TUNE_MAX_PENDING_TRIALS_PG": "8",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@contextmanager
def open_cluster(address: str | None = None) -> Iterator[Mapping[str, float]]:
    """Yields the cluster's resources; ends what it started."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        yield ray.cluster_resources()
        return
    options: dict = (
        {"address": address} if address else {"num_cpus": os.cpu_count(), "include_dashboard": False}
    )
    try:
        ray.init(
            **options,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": WORKER_ENVIRONMENT},
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"the cluster at {address}" if address else "a local cluster"
        raise ServiceFailed(f"Ray: {where} cannot be reached: {str(error).splitlines()[0]}") from None
    try:
        yield ray.cluster_resources()
    finally:
        ray.shutdown()
