"""Keeps torch to one thread where every bit counts, because sums split over more threads round otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ml_core.forecaster.heap import keep_heap


@contextmanager
def one_thread() -> Iterator[None]:
    """While inside, torch computes on one thread, whatever the machine or the environment allows, and from the first
    time on in memory that is kept for the next pass."""
    keep_heap()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
