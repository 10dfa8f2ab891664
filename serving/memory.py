"""Gives back to the system what was freed: the allocator would keep what the champion before has taken."""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Where the C library is glibc; any other keeps what it keeps."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
