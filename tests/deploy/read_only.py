"""A root that nobody can write to, without Docker: mount namespaces, where this machine lends them."""

import subprocess
import tempfile
from contextlib import ExitStack
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
    """Not on macOS, and not where an administrator forbids namespaces to users. Where it may be, it is seen that
    nothing but the two folders can be written."""
    with ExitStack() as stack:
        one, two, no = (stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(3))
        alone = read_only(Path(one), Path(two))
        try:
            if subprocess.run([*alone, "true"], capture_output=True).returncode:
                return False
        except FileNotFoundError:
            return False
        for place, refused in ((one, False), (two, False), (no, True), (str(Path(__file__).parent), True)):
            ran = subprocess.run([*alone, "touch", f"{place}/.probe"], capture_output=True)
            assert bool(ran.returncode) == refused, place
    return True
