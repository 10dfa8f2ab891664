"""A root that nobody can write to, without Docker: mount namespaces, where this machine lends them."""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

_SCRIPT = """
first=$1; second=$2; shift 2
mount --bind "$first" "$first" && mount --bind "$second" "$second" && mount -o remount,bind,ro / || exit 70
if mountpoint --quiet /tmp; then mount -o remount,bind,ro /tmp || exit 70; fi
cd .
exec "$@"
"""


def read_only(data: Path, scratch: Path) -> list[str]:
    """What stands before a command, so that only these two folders can be written."""
    return ["unshare", "--mount", "--map-root-user", "sh", "-c", _SCRIPT, "sh", str(data), str(scratch)]


@cache
def may_unshare() -> bool:
    """Not on macOS, and not where an administrator forbids namespaces to users."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        try:
            ran = subprocess.run([*read_only(Path(one), Path(other)), "true"], capture_output=True)
        except FileNotFoundError:
            return False
    return ran.returncode == 0
