"""What `prefect.yaml` says, in force on a real server: schedules, limits, triggers and whole runs."""

import asyncio
import datetime as dt
import zoneinfo
from pathlib import Path

import pytest
from prefect.states import Failed

from flows.refresh import may_pass
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import read_forecast
from ml_core.errors import InvalidInput, ProviderFailed
from ml_core.registry.versions import Registry
from ml_core.spec.file import read_experiment
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from tests.evidence import evidence_of
from tests.flows.running_stack import Running

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


def refresh_then_predict(stack: Running) -> tuple[dict, dict]:
    """The refresh by hand, and the run of predict that its completion has triggered."""
    before = len(stack.ended("predict-after-refresh"))
    run = stack.run_now("refresh-after-close")
    stack.wait_for(lambda: run in [each["id"] for each in stack.ended("refresh-after-close")], what="refresh")
    [refresh] = [each for each in stack.ended("refresh-after-close") if each["id"] == run]
    assert refresh["state_type"] == "COMPLETED", refresh["state"]["message"]
    stack.wait_for(lambda: len(stack.ended("predict-after-refresh")) > before, what="the triggered run")
    return refresh, stack.ended("predict-after-refresh")[0]


def register_champion(stack: Running, experiment: Path) -> None:
    """A model of one epoch: what is tested is the way to it, not what it knows. It came of an earlier file, so that a
    search of this one has something to do."""
    asked = read_experiment(str(experiment))
    windows, _ = open_windows(asked.spec, read_prices(asked, stack.home))
    forecaster = fit(asked.spec, windows, plan_folds(asked, windows)[0])
    registry = Registry(stack.home)
    version = registry.register(forecaster, asked.model_name, evidence_of(asked, digest="of an earlier file"))
    registry.promote(asked.model_name, version.version)


def test_every_deployment_is_in_force_for_the_experiment_and_home_of_the_stack(
    stack: Running, experiment: Path
) -> None:
    found = {row["name"]: row for row in stack.read("deployments")}
    assert set(found) == {
        "refresh-after-close",
        "score-after-refresh",
        "predict-after-refresh",
        "search-weekly",
    }
    for row in found.values():
        assert row["parameters"] == {
            "experiment": str(experiment),
            "overrides": [],
            "home": str(stack.home.root),
        }
        assert row["global_concurrency_limit"]["limit"] == 1


def test_scheduled_runs_appear_after_each_close_and_on_saturdays_in_new_york(stack: Running) -> None:
    """Prefect with a newer SQLAlchemy deploys, answers, and never schedules anything: this is the guard."""
    query = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    stack.wait_for(
        lambda: len({run["deployment_id"] for run in stack.read("flow_runs", **query)}) >= 2,
        what="the scheduling of runs",
    )
    names = {row["id"]: name for name, row in {row["name"]: row for row in stack.read("deployments")}.items()}
    starts: dict[str, list[dt.datetime]] = {}
    for run in stack.read("flow_runs", **query):
        instant = dt.datetime.fromisoformat(run["expected_start_time"]).astimezone(NEW_YORK)
        starts.setdefault(names[run["deployment_id"]], []).append(instant)
    assert all((at.hour, at.minute) == (18, 30) and at.weekday() < 5 for at in starts["refresh-after-close"])
    assert all((at.hour, at.minute) == (9, 0) and at.weekday() == 5 for at in starts["search-weekly"])
    assert "predict-after-refresh" not in starts


def test_a_refresh_writes_bars_and_is_followed_by_predict_with_the_reference_as_long_as_there_is_no_champion(
    stack: Running, experiment: Path
) -> None:
    refresh, predict = refresh_then_predict(stack)
    stored = read_prices(read_experiment(str(experiment)), stack.home)
    assert set(stored["ticker"]) == {"AAA", "BBB", "CCC"}
    assert refresh["state"]["message"].startswith(f"{stored.height} bars new, 0 changed")
    assert predict["state_type"] == "COMPLETED"
    assert "by version 1 (reference: it says how far" in predict["state"]["message"]
    assert predict["parameters"] == refresh["parameters"]
    assert predict["created_by"]["type"] == "AUTOMATION"
    score = stack.ended("score-after-refresh")[0]
    assert score["state_type"] == "COMPLETED", score["state"]["message"]
    assert score["state"]["message"] == "nothing to do: every outcome that has come is scored"
    assert score["name"] == f"score {experiment}"
    assert refresh["end_time"] <= score["start_time"] <= score["end_time"] <= predict["start_time"]


def test_a_refresh_that_finds_nothing_new_still_leads_to_the_forecast_of_a_new_champion(
    stack: Running, experiment: Path
) -> None:
    register_champion(stack, experiment)
    refresh, predict = refresh_then_predict(stack)
    assert refresh["state"]["message"].startswith("nothing to do: every bar stands in the store already")
    assert predict["state_type"] == "COMPLETED", predict["state"]["message"]
    forecast = read_forecast(stack.home, "tiny.simulated").filter(version="2")
    newest = read_prices(read_experiment(str(experiment)), stack.home)["date"].max()
    assert set(forecast["ticker"]) == {"AAA", "BBB", "CCC"}
    assert set(forecast["as_of"]) == {newest}
    assert set(forecast["seat"]) == {"champion"}
    tables = {row["key"]: row for row in stack.read("artifacts/latest")}
    assert {"refresh-tiny-simulated", "predict-tiny-simulated"} <= set(tables)
    assert (
        tables["predict-tiny-simulated"]["description"] == f"3 forecasts of {newest} by version 2 (champion)"
    )


def test_a_second_predict_finds_nothing_to_do(stack: Running) -> None:
    before = len(stack.ended("predict-after-refresh"))
    stack.run_now("predict-after-refresh")
    stack.wait_for(lambda: len(stack.ended("predict-after-refresh")) > before, what="the second run")
    newest = stack.ended("predict-after-refresh")[0]
    assert "nothing to do: version 2 has forecast" in newest["state"]["message"]
    assert read_forecast(stack.home, "tiny.simulated").filter(version="2").height == 3


@pytest.mark.parametrize(
    ("error", "again"),
    [(ProviderFailed("busy"), True), (InvalidInput("wrong"), False), (TypeError("bug"), False)],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    assert asyncio.run(may_pass(None, None, Failed(data=error))) is again
