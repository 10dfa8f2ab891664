"""What `prefect.yaml` says, in force on a real server: schedules, limits, triggers and whole runs."""

import datetime as dt
import zoneinfo
from pathlib import Path

from conftest import Running

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


def read(stack: Running, what: str, **query: object) -> list[dict]:
    with stack.api as api:
        answer = api.post(f"/{what}/filter", json=query)
        answer.raise_for_status()
        return answer.json()


def deployments(stack: Running) -> dict[str, dict]:
    return {row["name"]: row for row in read(stack, "deployments")}


def test_every_deployment_is_in_force_for_the_experiment_and_home_of_the_stack(
    stack: Running, experiment: Path
) -> None:
    found = deployments(stack)
    assert set(found) == {"refresh-after-close", "predict-after-refresh", "search-weekly"}
    for row in found.values():
        assert row["parameters"] == {
            "experiment": str(experiment),
            "overrides": [],
            "home": str(stack.home.root),
        }
        assert row["global_concurrency_limit"]["limit"] == 1


def test_scheduled_runs_appear_after_each_close_and_on_saturdays_in_new_york(stack: Running) -> None:
    """Prefect with a newer SQLAlchemy deploys, answers, and never schedules anything: this is the guard."""
    stack.wait_for(
        lambda: len({run["deployment_id"] for run in read(stack, "flow_runs")}) >= 2, what="scheduled runs"
    )
    names = {row["id"]: name for name, row in deployments(stack).items()}
    scheduled = read(stack, "flow_runs", flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}})
    starts: dict[str, list[dt.datetime]] = {}
    for run in scheduled:
        instant = dt.datetime.fromisoformat(run["expected_start_time"]).astimezone(NEW_YORK)
        starts.setdefault(names[run["deployment_id"]], []).append(instant)
    assert all((at.hour, at.minute) == (18, 30) and at.weekday() < 5 for at in starts["refresh-after-close"])
    assert all((at.hour, at.minute) == (9, 0) and at.weekday() == 5 for at in starts["search-weekly"])
    assert "predict-after-refresh" not in starts
