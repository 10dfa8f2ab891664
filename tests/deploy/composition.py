"""`deploy/compose.yaml` without Docker: its commands and health checks, run as processes here, with a PostgreSQL and an
S3 beside them."""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import yaml

from flows.stack import processes
from tests.servers import Database, ObjectStore, free_port, is_open, start_postgres

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE = PROJECT / "deploy" / "compose.yaml"
SECRETS = {
    "POSTGRES_PASSWORD": "secret",
    "PREFECT_AUTH": "user:secret",
    "RAY_AUTH_TOKEN": "a-token-that-is-long-enough-for-ray",
    "CANDORCAST_API_KEY": "a-long-secret",
}
ON_S3 = {"ARTIFACTS": "s3://models/files", "TABLES": "s3://models/tables"}
HOSTS = "postgres|mlflow|prefect|ray"
RESTARTS = 2


def read_compose(environment: dict[str, str]) -> dict:
    """The file with its variables put in as compose does; one that must be set and is not is a KeyError."""

    def value(found: re.Match) -> str:
        name, sign, default = found.groups()
        return environment[name] if sign in (None, "?") else environment.get(name) or default

    text = re.sub(r"\$\{(\w+)(?::([-?])([^}]*))?\}", value, COMPOSE.read_text())
    return yaml.safe_load(text)


class Composition:
    """The services as processes: on free ports of this machine, with a temporary folder for `/data`."""

    def __init__(self, root: Path, s3: ObjectStore) -> None:
        self.root, self.services = root, read_compose({**SECRETS, **ON_S3})["services"]
        self.s3 = s3
        self.ports = {port: free_port() for port in ("5432", "5000", "4200", "6379", "8000", "8080")}
        self.mark = str(root)
        self.started: dict[str, subprocess.Popen] = {}
        self.again: Counter[str] = Counter()
        self.database: Database | None = None

    def translate(self, text: str) -> str:
        """The same text for this machine: hosts, ports and folders."""
        text = re.sub(rf"(?<=[/@=])({HOSTS}):(?=\d)|\b({HOSTS}):(?=6379)", "127.0.0.1:", text)
        numbers = "|".join(self.ports)
        text = re.sub(rf"(?<!\d)({numbers})(?!\d)", lambda found: self.ports[found[1]], text)
        text = text.replace("0.0.0.0", "127.0.0.1").replace("/data", str(self.root))
        return text.replace("/app", str(PROJECT))

    def environment(self, name: str) -> dict[str, str]:
        """Ours without what would lead to another server, and the service's own."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "CANDORCAST_"))}
        own = {
            key: self.translate(value) for key, value in self.services[name].get("environment", {}).items()
        }
        here = {
            processes.MARK: self.mark,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "RAY_TMPDIR": str(self.root),
            "PGPORT": self.ports["5432"],
            "PGHOST": "127.0.0.1",
            "DO_NOT_TRACK": "1",
            "XDG_CACHE_HOME": f"{self.root}/cache",
        }
        told = self.s3.environment if "env_file" in self.services[name] else {}
        return {**inherited, **here, **told, **own}

    def start(self, name: str) -> None:
        command = [self.translate(part) for part in self.services[name]["command"]]
        self.started[name] = processes.start(
            command, environment=self.environment(name), log=self.log(name), cwd=PROJECT
        )

    def may_start_again(self, name: str) -> bool:
        """As compose would: Ray's head gives its node 30 seconds, which is too little where processors are busy."""
        self.again[name] += 1
        return self.services[name].get("restart") == "unless-stopped" and self.again[name] <= RESTARTS

    def log(self, name: str) -> Path:
        return self.root / "logs" / f"{name}.log"

    def finish(self, name: str) -> None:
        self.start(name)
        assert self.started[name].wait(150) == 0, self.log(name).read_text()

    def await_healthy(self, name: str, *, seconds: float = 150.0) -> None:
        """Its own health check, as compose repeats it, from when its port is open: each check is a process that takes
        from the one that starts."""
        kind, *check = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        check = [self.translate(part) for part in check]
        ports = re.findall(r"127\.0\.0\.1:(\d+)", " ".join(check))
        deadline = time.monotonic() + seconds
        while (
            not all(map(is_open, ports))
            or subprocess.run(check, env=self.environment(name), capture_output=True).returncode
        ):
            ended = name in self.started and self.started[name].poll() is not None
            if ended and self.may_start_again(name):
                self.start(name)
                continue
            assert not ended and time.monotonic() < deadline, (
                f"{name}:\n{processes.tail(self.log(name), lines=40)}"
            )
            time.sleep(0.3)

    def start_database(self) -> None:
        """The server that its image would start."""
        self.log("postgres").parent.mkdir(parents=True, exist_ok=True)
        marked = {**os.environ, processes.MARK: self.mark}
        self.database = start_postgres(
            self.ports["5432"], SECRETS["POSTGRES_PASSWORD"], log=self.log("postgres"), environment=marked
        )
        self.started["postgres"] = self.database.process
        self.await_healthy("postgres")
        self.query("-f", str(COMPOSE.with_name("databases.sql")))

    def query(self, *options: str) -> str:
        """What `psql` prints, unadorned."""
        environment = {**self.environment("postgres"), "PGPASSWORD": SECRETS["POSTGRES_PASSWORD"]}
        command = ["psql", "-U", "postgres", "--no-psqlrc", "-qtA", *options]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def end(self) -> set[int]:
        """End everything; PostgreSQL last, for its clients' sake."""
        database = self.started.pop("postgres", None)
        rest = processes.family(self.mark) - processes.descendants(database.pid if database else 0)
        left = processes.end(rest - {database.pid if database else 0}, grace=2)
        left |= processes.end(processes.family(self.mark), grace=8)
        for each in (*self.started.values(), *filter(None, [database])):
            each.wait(5)
        if self.database:
            self.database.delete()
        return left
