"""Describes the services of the local stack: the command and environment of each, and how to tell that it is
healthy."""

import os
import socket
import sqlite3
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from flows.stack.plan import LOOPBACK, Ports, StackPlan
from flows.stack.processes import MARK
from flows.stack.web import KEYS
from ml_core.errors import InvalidInput
from ml_core.home.settings import Home, home_without_option
from ml_core.spec.file import SHIPPED, find_experiment
from ml_core.spec.shipped import PROJECT

POOL, LONG = "candorcast", "long"  # the pool, and its queue of what takes all processors: one at a time

# Nothing that we start reports to anyone; a proxy is for the world, not for this machine.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class StackService:
    """One long-lived process of the stack; `handed`: whether it is told the experiments as they were read."""

    name: str
    command: tuple[str, ...]
    address: str
    health: str
    environment: dict[str, str] = field(default_factory=dict)
    handed: bool = False


def check_ports(plan: StackPlan, services: list[StackService]) -> None:
    """Refuse, before anything starts, a port that something else listens on."""
    for service in services:
        port = getattr(plan.ports, service.name, None)
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                flag = Ports.__dataclass_fields__[service.name].metadata["flag"]
                raise InvalidInput(
                    f"port {port} of {service.name} is in use; choose another with {flag}"
                ) from None


def build_environment(plan: StackPlan) -> dict[str, str]:
    """The environment of every child: this one's without the app's keys, quiet, bound to this home and this Prefect
    server."""
    root = str(plan.home.root)
    own = {
        **QUIET,
        MARK: plan.mark,
        "CANDORCAST_HOME": root,
        "CANDORCAST_OWN_HOME": str(home_without_option()),
        "CANDORCAST_PROJECT": str(PROJECT),
        "PREFECT_API_URL": plan.api,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }
    for name in ("NO_PROXY", "no_proxy"):
        own[name] = ",".join(filter(None, [os.environ.get(name), LOOPBACK, "localhost"]))
    inherited = {name: value for name, value in os.environ.items() if name not in KEYS}
    if not plan.given_prefect:
        own["PREFECT_HOME"] = str(plan.home.root / "prefect")
        inherited.pop("PREFECT_PROFILE", None)
    if secret := find_secret(given=bool(plan.given_prefect)):
        own["PREFECT_API_AUTH_STRING"] = secret
    inherited.setdefault("PREFECT_WORKER_QUERY_SECONDS", "3")
    inherited.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "30")
    return {**inherited, **own}


def find_secret(*, given: bool) -> str:
    """What Prefect is asked with: its clients' own word, or what a server of ours was told to want, which goes first
    there: the clients' may be meant for another server."""
    names = ("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING")
    return next(filter(None, (os.environ.get(name) for name in (names if given else reversed(names)))), "")


def build_services(plan: StackPlan) -> list[StackService]:
    """The services that this machine has to run, in the order of their lines on the screen."""
    services = [build_app(plan), build_worker(plan)]
    if not plan.given_mlflow:
        services.insert(0, build_mlflow(plan))
    if not plan.given_prefect:
        services.insert(0, build_prefect(plan))
    return services


def build_prefect(plan: StackPlan) -> StackService:
    port = plan.ports.prefect
    origin = f"http://{LOOPBACK}:{port}"
    command = (sys.executable, "-m", "prefect", "--no-prompt", "server", "start")
    return StackService(
        name="prefect",
        command=(*command, "--host", LOOPBACK, "--port", str(port)),
        address=origin,
        health=f"{plan.api}/health",
        environment={"PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"{origin},http://localhost:{port}"},
    )


def build_mlflow(plan: StackPlan) -> StackService:
    port = plan.ports.mlflow
    origin = f"http://{LOOPBACK}:{port}"
    options = {
        "--host": LOOPBACK,
        "--port": str(port),
        "--workers": "1",
        "--backend-store-uri": plan.home.tracking_uri,
        "--artifacts-destination": plan.home.artifacts.as_uri(),
        "--allowed-hosts": f"{LOOPBACK}:*,localhost:*",
        "--cors-allowed-origins": f"{origin},http://localhost:{port}",
    }
    command = (sys.executable, "-m", "mlflow", "server")
    return StackService(
        name="mlflow",
        command=(*command, *(part for pair in options.items() for part in pair)),
        address=origin,
        health=f"{origin}/health",
        environment={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
    )


def build_worker(plan: StackPlan) -> StackService:
    """Its health is that it has polled lately, which only the process itself can say."""
    port = free_port()
    command = (sys.executable, "-m", "flows.stack.worker", POOL, f"candorcast-{os.getpid()}")
    return StackService(
        name="worker",
        command=(*command, "given" if plan.given_prefect else "own"),
        address=f"http://{LOOPBACK}:{port}",
        health=f"http://{LOOPBACK}:{port}/health",
        environment={"PREFECT_WORKER_WEBSERVER_HOST": LOOPBACK, "PREFECT_WORKER_WEBSERVER_PORT": str(port)},
    )


def build_app(plan: StackPlan) -> StackService:
    """It serves all experiments, and the first where none is named."""
    port = str(plan.ports.app)
    script = str(Path(sys.executable).with_name("candorcast"))
    front = (script, "serve", *plan.experiments, "--home", str(plan.home.root))
    overrides = tuple(part for override in plan.overrides for part in ("--set", override))
    return StackService(
        name="app",
        command=(*front, "--host", LOOPBACK, "--port", port, *overrides),
        address=f"http://{LOOPBACK}:{port}",
        health=f"http://{LOOPBACK}:{port}/health",
        environment={name: os.environ[name] for name in KEYS if name in os.environ},
        handed=True,
    )


def build_deploying(plan: StackPlan) -> tuple[str, ...]:
    """The command that puts the deployments of every experiment in force."""
    server = "given" if plan.given_prefect else "own"
    overrides = (part for override in plan.overrides for part in ("--set", override))
    return (sys.executable, "-m", "flows.deployments", POOL, server, *plan.experiments, *overrides)


def is_answered(health: str) -> bool:
    """Whether the service itself says that it is well, over plain HTTP: reading the certificates for each question
    would take longer than the answer."""
    try:
        return httpx.get(health, trust_env=False, verify=False, timeout=2.0).is_success
    except httpx.HTTPError:
        return False


def free_port() -> int:
    """A port that nobody listens on, for what nobody has to find."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def prepare_tracking(home: Home) -> None:
    """Readers of MLflow's database shall not wait for its writer; the file remembers this."""
    scheme, _, path = home.tracking_uri.partition(":///")
    if scheme != "sqlite":
        return
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
    database.close()


def find_elsewhere(experiment: str) -> str:
    """A shipped experiment by its name, any other by its full path: children stand in another folder."""
    path = find_experiment(experiment).resolve()
    return path.stem if path.parent == SHIPPED else str(path)
