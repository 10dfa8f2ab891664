"""A folder in a bucket of S3, where tables may lie instead of on the home's own disk. Here it is only named; what is
read and written there is in `ml_core/data/store/places.py`."""

import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ml_core.errors import InvalidInput

ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w.=-]+)*/?")
EXPECTED_ADDRESS = (
    "expected s3://BUCKET or s3://BUCKET/FOLDER, "
    "the bucket in 3 to 63 small letters, digits, dots and hyphens"
)


@dataclass(frozen=True)
class Bucket:
    """`copies`: where on this machine copies of its files may lie; they may be lost at any time."""

    address: str
    copies: Path

    def __truediv__(self, name: str) -> "Bucket":
        return Bucket(f"{self.address}/{name}", self.copies / name)

    def __str__(self) -> str:
        return self.address


Place = Path | Bucket


def open_bucket(address: str) -> Bucket:
    """Nothing is asked of it yet, but for what it takes to ask."""
    if find_spec("obstore") is None:
        raise InvalidInput(
            f"CANDORCAST_TABLES: {address}: tables on S3 need obstore, which is not installed; "
            "run: pip install 'candorcast[s3]'"
        )
    address = address.rstrip("/")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Bucket(address, Path(cache) / "candorcast" / address.removeprefix("s3://"))
