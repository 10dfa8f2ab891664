"""Keeps torch to one thread where every bit counts, because sums split over more threads round otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """While inside, torch computes on one thread, whatever the machine or the environment allows."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
