"""Does runs as those of a Prefect server, by its HTTP API: each deployment that `prefect.yaml` names for the
experiment. What Prefect starts by itself, on its schedule or after another run, is told beside them."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx

from ml_core.errors import ForecastError, InvalidInput
from ml_core.home.lock import holder
from serving.runs.request import VERBS, RunRequest, Verb
from serving.runs.run import Run, RunState, clean
from serving.runs.runner import LINES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml_core.home.settings import Home

SECONDS = 15.0
TRIES, PAUSE = 5, 0.5  # while its SQLite is busy it answers 503, and wants to be asked again
PAGE = 200  # rows of an answer of Prefect's
SOON = dt.timedelta(minutes=1)  # what its schedule holds for later is no run yet
DEPLOYED: frozenset[Verb] = frozenset({"refresh", "predict", "search", "refit", "monitor"})
STATES: Mapping[str, RunState] = {
    "SCHEDULED": "waiting", "PENDING": "waiting", "PAUSED": "waiting", "RUNNING": "running",
    "CANCELLING": "cancelling", "CANCELLED": "cancelled", "COMPLETED": "completed", "FAILED": "failed",
    "CRASHED": "lost",
}  # fmt: skip
NOT_ALL = frozenset({"Refused"})  # how a flow of ours names an end at which not everything is as asked
BY = "by "  # a tag that tells who asked


@dataclass(frozen=True)
class Server:
    """Where Prefect answers, and what it is asked with: `user:password`, or a key."""

    address: str
    secret: str = ""
    key: str = ""

    def open(self) -> httpx.Client:
        """Certificates are read for https alone; a proxy is for the world, not for our own machines."""
        user, _, password = self.secret.partition(":")
        return httpx.Client(
            base_url=self.address.rstrip("/"),
            auth=(user, password) if self.secret else None,
            headers={"Authorization": f"Bearer {self.key}"} if self.key and not self.secret else None,
            timeout=SECONDS,
            trust_env=False,
            verify=self.address.startswith("https"),
        )


def find_server(home: Home, environment: Mapping[str, str] = os.environ) -> Server | None:
    """The one of the environment, else that of a stack that runs in this home."""
    own, stack = (
        environment.get("PREFECT_API_AUTH_STRING", ""),
        environment.get("PREFECT_SERVER_API_AUTH_STRING", ""),
    )
    if address := environment.get("PREFECT_API_URL"):
        return Server(address, own or stack, environment.get("PREFECT_API_KEY", ""))
    owner = holder(home, "stack")
    if owner is None or not owner.here:  # the addresses of a stack on another host are its own loopback's
        return None
    with suppress(OSError, ValueError, KeyError):
        record = json.loads((home.services / "prefect.json").read_text(encoding="utf-8"))
        return Server(f"{record['address']}/api", stack or own)
    return None


class Prefect:
    """`experiment`: its name, which its deployments have too."""

    def __init__(self, server: Server, experiment: str, clock: Callable[[], dt.datetime]) -> None:
        self._server, self._experiment, self._clock = server, experiment, clock

    def does(self, verb: str) -> bool:
        return verb in DEPLOYED

    def start(self, asked: RunRequest, *, by: str) -> Run:
        """A run of the deployment, with its own parameters and what is asked for beside them."""
        with self._asking() as api:
            answer = _ask(api, "GET", f"/deployments/name/{asked.verb}/{self._experiment}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise InvalidInput(
                    f"Prefect has no deployment {asked.verb}/{self._experiment}; put it in force with: candorcast up"
                )
            deployment = answer.raise_for_status().json()
            body = {
                "parameters": {**deployment["parameters"], **_parameters(asked, deployment["parameters"])},
                "tags": [f"{BY}{by}"],
                "idempotency_key": str(uuid4()),
            }
            made = _ask(api, "POST", f"/deployments/{deployment['id']}/create_flow_run", body)
            return self._describe(made.raise_for_status().json(), None)

    def runs(self, most: int) -> list[Run]:
        due = {"before_": (self._clock() + SOON).isoformat()}
        rows = self._read({"expected_start_time": due}, most)
        going = [row["id"] for row in rows if row["state_type"] == "RUNNING"]
        shares = self._progress(going)
        return [self._describe(row, shares.get(row["id"])) for row in rows]

    def find(self, name: str) -> Run | None:
        if not _is_id(name):
            return None
        rows = self._read({"id": {"any_": [name]}}, 1)
        return self._describe(rows[0], self._progress([name]).get(name)) if rows else None

    def log(self, name: str) -> list[str]:
        """The newest lines: Prefect gives so many at once."""
        rows: list[dict[str, Any]] = []
        with self._asking() as api:
            while len(rows) < LINES:
                body = {
                    "logs": {"flow_run_id": {"any_": [name]}},
                    "sort": "TIMESTAMP_DESC",
                    "limit": PAGE,
                    "offset": len(rows),
                }
                page = _ask(api, "POST", "/logs/filter", body).raise_for_status().json()
                rows += page
                if len(page) < PAGE:
                    break
        return [line for row in reversed(rows[:LINES]) for line in _lines(row)]

    def cancel(self, name: str, *, by: str) -> None:
        state = {"type": "CANCELLING", "message": f"asked for by {by}"}
        with self._asking() as api:
            _ask(api, "POST", f"/flow_runs/{name}/set_state", {"state": state}).raise_for_status()

    def _read(self, which: dict[str, Any], most: int) -> list[dict[str, Any]]:
        body = {
            "flow_runs": which,
            "flows": {"name": {"any_": sorted(VERBS)}},
            "deployments": {"name": {"any_": [self._experiment]}},
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": most,
        }
        with self._asking() as api:
            rows = _ask(api, "POST", "/flow_runs/filter", body).raise_for_status().json()
        return [row for row in rows if _verb(row)]

    def _progress(self, names: Sequence[str]) -> dict[str, float]:
        """From 0 to 1, of those that tell it: their tasks keep an artifact fresh."""
        if not names:
            return {}
        which = {"flow_run_id": {"any_": list(names)}, "type": {"any_": ["progress"]}}
        with self._asking() as api:
            rows = _ask(api, "POST", "/artifacts/filter", {"artifacts": which}).raise_for_status().json()
        return {row["flow_run_id"]: float(row["data"]) / 100 for row in rows if row["data"] is not None}

    def _describe(self, row: Mapping[str, Any], progress: float | None) -> Run:
        state, tags, verb = STATES.get(row["state_type"], "waiting"), row["tags"], _verb(row)
        assert verb is not None
        told = row["state"].get("message") if row.get("state") else ""
        by = next((tag.removeprefix(BY) for tag in tags if tag.startswith(BY)), "")
        created_by = row.get("created_by") or {}
        return Run(
            id=row["id"],
            verb=verb,
            experiment=self._experiment,
            state="partial" if row.get("state_name") in NOT_ALL else state,
            where="prefect",
            parameters=_own(row["parameters"]),
            by=by or created_by.get("display_value") or "its schedule",
            created=row["start_time"] or row["expected_start_time"],
            ended=row["end_time"],
            progress=progress if state == "running" else None,
            told=" ".join(clean(told or row["name"])),
        )

    @contextmanager
    def _asking(self) -> Iterator[httpx.Client]:
        try:
            with self._server.open() as api:
                yield api
        except httpx.HTTPStatusError as error:
            why = f"Prefect answers {error.response.status_code}"
            if error.response.status_code in (401, 403):
                why = "Prefect wants its key; set PREFECT_API_AUTH_STRING to it"
            raise ForecastError(f"runs of Prefect are not known: {why}") from None
        except httpx.HTTPError:
            raise ForecastError(f"Prefect does not answer at {self._server.address}") from None


def _ask(api: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """Whatever is asked may be asked twice: a run that is to be made carries a key of its own."""
    answer = api.request(method, path, json=body)
    for _ in range(TRIES - 1):
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(PAUSE)
        answer = api.request(method, path, json=body)
    return answer


def _parameters(asked: RunRequest, own: Mapping[str, Any]) -> dict[str, Any]:
    """As the flows name them: a search takes its trials as the file's key does."""
    given: dict[str, Any] = {}
    for name, value in asked.parameters.items():
        if name == "trials":
            given["overrides"] = [*(own.get("overrides") or ()), f"search.trials={value}"]
        elif name == "afresh":
            given["again"] = value
        else:
            given[name] = value.isoformat() if isinstance(value, dt.date) else value
    return given


def _verb(row: Mapping[str, Any]) -> Verb | None:
    """Every deployment has it among its tags."""
    return next((verb for verb in VERBS if verb in row["tags"]), None)


def _own(parameters: Mapping[str, Any]) -> dict[str, str]:
    """What tells this run from others of its deployment."""
    told = {name: value for name, value in parameters.items() if name not in ("experiment", "home") and value}
    return {
        name: ", ".join(map(str, value))
        if isinstance(value, list)
        else "yes"
        if value is True
        else str(value)
        for name, value in told.items()
    }


def _lines(row: Mapping[str, Any]) -> list[str]:
    at = dt.datetime.fromisoformat(row["timestamp"])
    return [f"{at:%H:%M:%S}  {line}" for line in clean(row["message"]) if line]


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
