"""The app of a stack does its runs with Prefect: asked for by its API, they are done by the worker, and told with their
log."""

from collections.abc import Callable

import httpx

from tests.flows.running_stack import Running


def test_runs_that_the_app_is_asked_for_are_prefects_one_is_told_with_its_log_and_one_is_cancelled(
    stack: Running,
) -> None:
    """Of a deployment one works at a time, so that the second waits; the worker may be quicker all the same."""
    stack.wait_for(lambda: not stack.unended("refresh/tiny"), what="the end of earlier refreshes")
    address = f"http://127.0.0.1:{stack.ports.app}"
    with httpx.Client(base_url=address, trust_env=False, verify=False, timeout=60) as app:
        posted = [app.post("/runs", json={"verb": "refresh"}).raise_for_status() for _ in range(2)]
        first, second = (answer.json() for answer in posted)
        assert (first["where"], first["by"]) == ("prefect", "this machine")
        app.delete(f"/runs/{second['id']}").raise_for_status()

        def told(run: dict) -> dict:
            return app.get(f"/runs/{run['id']}").raise_for_status().json()

        def ended(run: dict, *states: str) -> Callable[[], bool]:
            return lambda: told(run)["state"] in states

        stack.wait_for(ended(first, "completed"), what="the end of the first")
        stack.wait_for(ended(second, "completed", "cancelled"), what="the end of the second")
        assert "last session" in told(first)["told"]
        finished = "Finished in state Completed"
        stack.wait_for(
            lambda: any(finished in line for line in told(first)["log"]), what="the log of the first"
        )
        runs = app.get("/runs").json()
        assert {first["id"], second["id"]} <= {run["id"] for run in runs["runs"]}
        assert runs["notes"] == []
