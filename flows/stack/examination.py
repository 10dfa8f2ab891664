"""Looks at the local stack from outside: which services answer, what a killed stack has left running, and which runs of
Prefect wait, or ended badly."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from flows.stack import processes
from flows.stack.plan import StackPlan
from flows.stack.services import LONG, find_secret, is_answered
from flows.stack.supervisor import read_records
from ml_core.home.lock import holder
from ml_core.home.settings import Home
from ml_core.monitoring.condition import PartCondition

LATE = dt.timedelta(minutes=5)
SHOWN = 200  # runs; who has more of them late knows enough
BAD = ("FAILED", "CRASHED")
REFUSED = (401, 403)


def examine_stack(home: Home, *, now: dt.datetime) -> list[PartCondition]:
    """Whether it runs, then each service, then the runs."""
    owner = holder(home, "stack")
    if owner is None:
        left = processes.family(StackPlan({}, home).mark)
        if left:
            told = f"ended, and processes of it are left: {', '.join(map(str, sorted(left)))}"
            return [PartCondition("stack", "stuck", told, "down")]
        return [PartCondition("stack", "off", "nobody has started it: nothing is refreshed by itself", "up")]
    records = read_records(home)
    services = [_examine_service(record) for record in records]
    prefect = next((record for record in records if record["name"] == "prefect"), None)
    given = os.environ.get("PREFECT_API_URL", "")
    address = given or (f"{prefect['address']}/api" if prefect else "")
    runs = [_examine_runs(address.rstrip("/"), find_secret(given=bool(given)), now)] if address else []
    return [PartCondition("stack", "well", f"running ({owner})"), *services, *runs]


def _examine_service(record: dict[str, Any]) -> PartCondition:
    name, place = record["name"], f"at {record['address']}"
    if not processes.is_alive(record["pid"]):
        return PartCondition(name, "stuck", f"has died; its log is {record['log']}", "down")
    if not is_answered(record["health"]):
        return PartCondition(
            name, "stuck", f"runs {place} and does not answer; its log is {record['log']}", "down"
        )
    return PartCondition(name, "well", f"answers {place}")


def _examine_runs(address: str, secret: str, now: dt.datetime) -> PartCondition:
    """Late ones, and of each deployment how its last run ended."""
    try:
        with _open(address, secret) as server:
            late = list(_late(server, now))
            ended = list(_ended_badly(server))
    except (httpx.HTTPError, ValueError) as error:
        if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in REFUSED:
            told = "set PREFECT_SERVER_API_AUTH_STRING to what the stack was started with"
            return PartCondition("runs", "stuck", f"Prefect wants its key to tell them: {told}")
        return PartCondition("runs", "stuck", f"Prefect does not tell them: {error}", "down")
    told = [f"{len(late)} late, the first since {min(late)}"] if late else []
    told += ended
    if told:
        return PartCondition("runs", "stuck", "; ".join(told))
    return PartCondition("runs", "well", "none is late, and the last of each deployment ended well")


def _open(address: str, secret: str) -> httpx.Client:
    """Certificates are read for https alone; the secret is `user:password`, as Prefect takes it."""
    user, _, password = secret.partition(":")
    auth = (user, password) if secret else None
    return httpx.Client(
        base_url=address, auth=auth, trust_env=False, timeout=5.0, verify=address.startswith("https")
    )


def _late(server: httpx.Client, now: dt.datetime) -> Iterator[str]:
    """Those that nothing hinders: of the long ones one works at a time, and the next waits for it as it should."""
    asked = {"before_": (now - LATE).isoformat()}
    waiting = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": asked}
    for run in _read_runs(server, waiting):
        if run["work_queue_name"] == LONG:
            continue
        yield f"{run['expected_start_time']}"[:16]


def _ended_badly(server: httpx.Client) -> Iterator[str]:
    """Where the last run that has ended is one that failed."""
    asked = {"state": {"type": {"any_": ["COMPLETED", *BAD, "CANCELLED"]}}}
    seen: set[str] = set()
    for run in _read_runs(server, asked):
        deployment = str(run.get("deployment_id"))
        if deployment in seen:
            continue
        seen.add(deployment)
        if run["state_type"] in BAD:
            message = str(run["state"].get("message") or "").splitlines()
            why = f": {message[0]}" if message else ""
            yield f"run '{run['name']}' {run['state_name'].lower()} at {run['end_time'] or ''}"[:80] + why


def _read_runs(server: httpx.Client, asked: dict[str, Any]) -> Sequence[dict[str, Any]]:
    body = {"flow_runs": asked, "sort": "EXPECTED_START_TIME_DESC", "limit": SHOWN}
    answer = server.post("/flow_runs/filter", json=body)
    answer.raise_for_status()
    return answer.json()
