"""What tables ask of where they lie: a disk, or a bucket of S3, which is reached from here alone.

Files of a table are written once and never changed. So what was read of a bucket is kept as a copy on this machine's
disk, and whoever reads it next asks the bucket only for what is new."""

import os
import re
import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from ml_core.errors import StoreFailed
from ml_core.home.bucket import Bucket, Place

if TYPE_CHECKING:
    from obstore.store import S3Store

MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)

FileState = tuple[int, int]  # a file's size and time
TRIES, PATIENCE, AT_ONCE = 3, 20, 16  # seconds, of a bucket that does not answer; files fetched side by side


def list_names(folder: Place) -> list[str]:
    """Of the files that lie right in it; none where it is not there."""
    if isinstance(folder, Bucket):
        return list(_list(folder))
    return [entry.name for entry in os.scandir(folder) if entry.is_file()] if folder.is_dir() else []


def find_states(folder: Place, names: Collection[str]) -> dict[str, FileState]:
    """Of these files; a bucket tells them all at once."""
    if isinstance(folder, Bucket):
        states = _list(folder)
        return {name: states[name] for name in names}
    stats = {name: (folder / name).stat() for name in names}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


def read_bytes(place: Place) -> bytes:
    """A file that is not there is a FileNotFoundError, in a bucket too."""
    return _get(place) if isinstance(place, Bucket) else place.read_bytes()


def write_new(place: Place, content: memoryview) -> None:
    """A file of that name is never there yet; one that could not be written whole does not stay."""
    if isinstance(place, Bucket):
        _put(place, content)
        return
    try:
        with place.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        place.unlink(missing_ok=True)
        raise


def at_hand(folder: Place, names: Sequence[str], *, afresh: bool = False) -> list[Path]:
    """Where these files can be read on this machine; one that is missing is missing there too. `afresh`: copies of
    before are not taken."""
    if not isinstance(folder, Bucket):
        return [folder / name for name in names]
    wanted = [name for name in names if afresh or not (folder.copies / name).exists()]
    if wanted:
        folder.copies.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda name: _copy(folder / name), wanted))
    return [folder.copies / name for name in names]


def forget(folder: Place, names: Collection[str]) -> None:
    """Copies of files that are gone go too."""
    if isinstance(folder, Bucket):
        for name in names:
            (folder.copies / name).unlink(missing_ok=True)


def delta_options(folder: Place) -> dict[str, str] | None:
    """How Delta's library reaches it. Commits put an entry only where there is none: S3 itself refuses the second."""
    if not isinstance(folder, Bucket):
        return None
    return {
        "max_retries": str(TRIES),
        "retry_timeout": f"{PATIENCE}s",
        "allow_http": str(_plain(_endpoint())).lower(),
    }


def _copy(place: Bucket) -> None:
    beside = place.copies.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    with suppress(FileNotFoundError):
        beside.write_bytes(_get(place))
        beside.replace(place.copies)


def _list(folder: Bucket) -> dict[str, FileState]:
    store, key = _reach(folder)
    with _told(folder):
        objects = store.list_with_delimiter(f"{key}/")["objects"]
    return {
        one["path"].rpartition("/")[2]: (one["size"], int(one["last_modified"].timestamp() * 1e9))
        for one in objects
    }


def _get(place: Bucket) -> bytes:
    store, key = _reach(place)
    with _told(place):
        return bytes(store.get(key).bytes())


def _put(place: Bucket, content: memoryview) -> None:
    store, key = _reach(place)
    with _told(place):
        store.put(key, bytes(content), mode="create")


@contextmanager
def _told(place: Bucket) -> Iterator[None]:
    """What S3 refuses is told in one line; a file that is not there is what it is on a disk."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(f"{place} is not there") from None
    except BaseError as error:
        said = MESSAGE.search(str(error))
        why = said[1] if said else shorten(str(error).partition("\n")[0].rpartition(" - ")[2], 200)
        raise StoreFailed(f"{place}: {_endpoint() or 'S3'} refuses or does not answer: {why}") from None


def _reach(place: Bucket) -> tuple["S3Store", str]:
    bucket, _, key = place.address.removeprefix("s3://").partition("/")
    return _open(bucket, _endpoint()), key


def _endpoint() -> str:
    """Of an S3 that is not Amazon's."""
    return os.environ.get("AWS_ENDPOINT_URL", "")


def _plain(endpoint: str) -> bool:
    """Whoever names an address without TLS means it."""
    return endpoint.startswith("http://")


@lru_cache
def _open(bucket: str, endpoint: str) -> "S3Store":
    """Keys, region and address come from AWS's own variables."""
    from obstore.store import S3Store

    return S3Store(
        bucket,
        config={"endpoint": endpoint} if endpoint else {},
        client_options={"allow_http": _plain(endpoint)},
        retry_config={"max_retries": TRIES, "retry_timeout": timedelta(seconds=PATIENCE)},
    )
