"""Tells a disk that takes nothing more, where a library writes and not we."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml_core.errors import StoreFailed

FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS})


@contextmanager
def tell_full(folder: Path) -> Iterator[None]:
    """What fails below this folder because of it is a failure of the store, as with files of our own."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise StoreFailed(f"{folder}: cannot be written: {error}") from None
