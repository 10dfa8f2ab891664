"""Lets the allocator keep what a pass over windows frees, for the next one asks for as much again. Left to itself glibc
gives it back each time, and the kernel fills it with zeros anew: as much work as the pass itself, where a family is
wide."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

TRIM, MMAP = -1, -3  # as malloc.h numbers them
KEPT, FROM_HEAP = (
    64 * 2**20,
    32 * 2**20,
)  # bytes: free at the end of the heap; of one block that is taken from it


@cache
def keep_heap() -> None:
    """Once a process, where the C library is glibc; any other does as it does."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(MMAP, FROM_HEAP)
        library.mallopt(TRIM, KEPT)
