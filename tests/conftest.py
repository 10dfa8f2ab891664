"""What all tests share: one thread a process, and a Ray cluster for those that search."""

import os
from collections.abc import Iterator

import pytest

# Small networks are faster on one thread, and tests run beside others. Processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """A local cluster of two processors, ended with the session; searches in this process use it."""
    from tuning.cluster import QUIET, WORKER_ENVIRONMENT

    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": WORKER_ENVIRONMENT},
    )
    yield
    ray.shutdown()
