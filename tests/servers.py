"""Servers that tests talk to as a deployment does, each a process on loopback: PostgreSQL, and S3 as moto plays it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.stack import services

HOUSE = Path(__file__).parents[1]
KEYS = {"AWS_ACCESS_KEY_ID": "of-tests", "AWS_SECRET_ACCESS_KEY": "of-tests", "AWS_REGION": "us-east-1"}
WHERE_DEBIAN_HAS_IT = "/usr/lib/postgresql"


def free_port() -> str:
    """As a command takes it."""
    return str(services.free_port())


def is_open(port: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


@dataclass(frozen=True)
class ObjectStore:
    """`environment`: what a process needs to reach it."""

    environment: Mapping[str, str]
    log: Path

    def requests(self) -> list[str]:
        """What it was asked so far, as `PUT /bucket/key`."""
        lines = self.log.read_text().splitlines()
        return [line.split('"')[1].removesuffix(" HTTP/1.1") for line in lines if '"' in line]


@contextmanager
def run_object_store(*buckets: str) -> Iterator[ObjectStore]:
    with tempfile.TemporaryDirectory(prefix="s3-") as folder:
        port, log = free_port(), Path(folder) / "log"
        command = [sys.executable, "-m", "tests.object_store", port]
        with log.open("wb") as out:
            server = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=HOUSE)
        try:
            deadline = time.monotonic() + 60
            while not is_open(port):
                assert server.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            address = f"http://127.0.0.1:{port}"
            for bucket in buckets:
                _make_bucket(address, bucket)
            yield ObjectStore({**KEYS, "AWS_ENDPOINT_URL": address}, log)
        finally:
            server.kill()
            server.wait()


def _make_bucket(address: str, bucket: str) -> None:
    import httpx

    signed = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={KEYS['AWS_ACCESS_KEY_ID']}/20240101/us-east-1/s3/aws4"
    }
    assert httpx.put(f"{address}/{bucket}", headers=signed, trust_env=False).status_code == 200


@dataclass(frozen=True)
class Database:
    """A PostgreSQL of its own. `programs`: the folder of its commands."""

    folder: Path
    programs: Path
    process: subprocess.Popen

    def delete(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def start_postgres(port: str, password: str, *, log: Path, environment: Mapping[str, str]) -> Database:
    """The user `postgres` with that password, on loopback; it never runs as root."""
    programs = find_postgres()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o644)
    options = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    made = [programs / "initdb", "-D", folder / "data", *options]
    subprocess.run(made, check=True, user=user, capture_output=True, cwd=folder)
    command = [programs / "postgres", "-D", folder / "data", "-p", port, "-h", "127.0.0.1", "-k", "", "-F"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, user=user, cwd=folder, stdout=out, stderr=subprocess.STDOUT,
            env=dict(environment), start_new_session=True,
        )  # fmt: skip
    return Database(folder, programs, process)


def find_postgres() -> Path:
    """Debian has its programs beside the path. Without them nothing was tried, so the test fails and says what to
    install."""
    found = shutil.which("initdb")
    beside = sorted(Path(WHERE_DEBIAN_HAS_IT).glob("*/bin/initdb"))
    if found is None and not beside:
        pytest.fail(
            "no PostgreSQL on this machine: install it (Debian: apt-get install postgresql; macOS: brew install "
            "postgresql) or leave out the tests that deploy: pytest --ignore tests/deploy/test_compose.py",
            pytrace=False,
        )
    return (Path(found).resolve() if found else beside[-1]).parent
