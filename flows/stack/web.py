"""Turns this process into the web server of experiments in one home; used by `serve` and by the local stack."""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ml_core.errors import InvalidInput
from ml_core.home.settings import Home, home_without_option
from ml_core.spec.experiment import Experiment
from ml_core.spec.handover import hand_over

LOOPBACK = ("127.0.0.1", "localhost", "::1")
KEYS = ("CANDORCAST_API_KEY", "CANDORCAST_API_KEYS")
DRAIN = 20  # seconds that open requests have when the server is told to end; a page that listens on would never go


def serve_app(
    experiments: Mapping[str, Experiment | None],
    home: Home,
    *,
    overrides: tuple[str, ...],
    host: str,
    port: int,
    say: Callable[[str], None],
) -> None:
    """Hand this process over to the server, which reads its environment. `experiments`: as they were asked for, with
    what was read; None for one that cannot be served, of which the server says why."""
    check_address(host, port)
    names = ", ".join(Path(one).stem for one in experiments)
    say(f"candorcast serves {names} at http://{host}:{port} (Ctrl-C ends it)")
    sys.stdout.flush()
    environment = {
        **os.environ,
        "CANDORCAST_EXPERIMENT": ",".join(experiments),
        "CANDORCAST_SET": "\n".join(overrides),
        "CANDORCAST_HOME": str(home.root),
        "CANDORCAST_OWN_HOME": str(home_without_option()),
        "CANDORCAST_HOST": host,
        **hand_over({asked: one for asked, one in experiments.items() if one}),
    }
    command = server_command(host, port)
    os.execvpe(command[0], command, environment)


def server_command(host: str, port: int, *, drain: int = DRAIN) -> list[str]:
    """What is run: on SIGTERM it takes no one new, and ends when those who were there have their answers."""
    command = [sys.executable, "-m", "uvicorn", "--factory", "serving.app:create_app"]
    command += ["--host", host, "--port", str(port), "--log-level", "warning"]
    return [*command, "--timeout-graceful-shutdown", str(drain)]


def check_address(host: str, port: int) -> None:
    """Refuse one that others can reach without a key, and a port that is taken."""
    if host not in LOOPBACK and not any(os.environ.get(name) for name in KEYS):
        raise InvalidInput(
            f"--host {host} is not loopback: set CANDORCAST_API_KEY first, then callers must send it"
        )
    _require_free(host, port)


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InvalidInput(f"--port {port}: cannot be used on {host}: {error.strerror}") from None
