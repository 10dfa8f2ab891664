"""What `prefect.yaml` says, in force on a real server: schedules, limits, triggers and whole runs."""

import asyncio
import datetime as dt
import zoneinfo
from pathlib import Path

import polars as pl
import pytest
from prefect.logging import disable_run_logger
from prefect.states import Failed

from flows.order import open_order
from flows.predict import find_nothing_to_do as find_what_is_missing
from flows.refit import find_nothing_to_do as find_what_is_due
from flows.refresh import may_pass
from ml_core.data.prices import read_prices
from ml_core.data.store.forecasts import read_forecast
from ml_core.errors import InvalidInput, ProviderFailed
from ml_core.prediction.backfill import find_lacking
from ml_core.registry.versions import Registry
from ml_core.spec.file import read_experiment
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from tests.evidence import evidence_of
from tests.flows.kinds import KINDS
from tests.flows.running_stack import Running

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


def refresh_then_predict(stack: Running, *, told: str) -> tuple[dict, dict]:
    """The refresh by hand, and the run of predict that its completion has triggered and that tells this. Where SQLite
    is busy Prefect delivers an event more than once: runs beside it find nothing to do."""
    refresh = stack.finish("refresh/tiny")
    assert refresh["state_type"] == "COMPLETED", refresh["state"]["message"]

    def telling() -> list[dict]:
        return [run for run in stack.ended("predict/tiny") if told in str(run["state"]["message"])]

    stack.wait_for(telling, what="the triggered run")
    (predict,) = telling()
    return refresh, predict


def register_champion(stack: Running, experiment: Path) -> str:
    """A model of one epoch: what is tested is the way to it, not what it knows. It came of an earlier file, so that a
    search of this one has something to do."""
    asked = read_experiment(str(experiment))
    windows, _ = open_windows(asked.spec, read_prices(asked, stack.home))
    forecaster = fit(asked.spec, windows, plan_folds(asked, windows)[0])
    registry = Registry(stack.home)
    version = registry.register(forecaster, asked.model_name, evidence_of(asked, digest="of an earlier file"))
    registry.promote(asked.model_name, version.version)
    return version.version


def test_every_kind_of_deployment_is_in_force_for_each_experiment_and_the_home_of_the_stack(
    stack: Running, experiment: Path, coins: Path
) -> None:
    found = stack.deployments()
    assert set(found) == {f"{kind}/{name}" for kind in KINDS for name in ("tiny", "coins")}
    for name, row in found.items():
        kind, _, asked = name.partition("/")
        file = {"tiny": experiment, "coins": coins}[asked]
        assert row["parameters"] == {"experiment": str(file), "overrides": [], "home": str(stack.home.root)}
        assert row["global_concurrency_limit"]["limit"] == 1
        assert row["tags"] == [asked, kind]


def test_scheduled_runs_appear_after_each_close_of_the_experiments_own_exchange(stack: Running) -> None:
    """Prefect with a newer SQLAlchemy deploys, answers, and never schedules anything: this is the guard."""
    query = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    scheduled = [name for name, row in stack.deployments().items() if row["schedules"]]
    stack.wait_for(
        lambda: len({run["deployment_id"] for run in stack.read("flow_runs", **query)}) >= len(scheduled),
        what="the scheduling of runs",
    )
    names = {row["id"]: name for name, row in stack.deployments().items()}
    starts: dict[str, list[dt.datetime]] = {}
    for run in stack.read("flow_runs", **query):
        starts.setdefault(names[run["deployment_id"]], []).append(
            dt.datetime.fromisoformat(run["expected_start_time"])
        )
    assert set(starts) == set(scheduled)
    new_york = [at.astimezone(NEW_YORK) for at in starts["refresh/tiny"]]
    assert all((at.hour, at.minute) == (18, 30) and at.weekday() < 5 for at in new_york)
    assert all((at.hour, at.minute) == (2, 30) for at in starts["refresh/coins"])
    for kind, moment in {
        "score": (20, 0),
        "predict": (20, 15),
    }.items():  # if an event of that evening was lost
        again = [at.astimezone(NEW_YORK) for at in starts[f"{kind}/tiny"]]
        assert all((at.hour, at.minute) == moment and at.weekday() < 5 for at in again)
    [daily] = stack.deployments()["refresh/coins"]["schedules"]
    assert (daily["schedule"]["cron"], daily["schedule"]["timezone"]) == ("30 2 * * *", "UTC")
    saturdays = [at.astimezone(NEW_YORK) for at in starts["search/tiny"]]
    assert all((at.hour, at.minute) == (9, 0) and at.weekday() == 5 for at in saturdays)


def test_a_wrong_parameter_is_refused_in_prefects_own_form(stack: Running) -> None:
    deployment = stack.deployments()["predict/tiny"]
    asked = deployment["parameter_openapi_schema"]["properties"]
    assert asked["experiment"]["description"] == "A TOML file, or the name of one in experiments/."
    path = f"/deployments/{deployment['id']}/create_flow_run"
    for wrong in ({"overrides": ["task.lookback"]}, {"experiment": 3}, {"home": ""}):
        refused = stack.ask(path, {"parameters": wrong})
        assert refused.status_code == 409, (wrong, refused.text)


@pytest.mark.timeout(900)  # several runs, each a process: minutes on a slow machine
def test_a_refresh_writes_bars_and_is_followed_by_predict_with_the_reference_as_long_as_there_is_no_champion(
    stack: Running, experiment: Path
) -> None:
    refresh, predict = refresh_then_predict(stack, told="by version 1 (reference: it says how far")
    stored = read_prices(read_experiment(str(experiment)), stack.home)
    assert set(stored["ticker"]) == {"AAA", "BBB", "CCC"}
    assert refresh["state"]["message"].startswith(f"{stored.height} bars new, 0 changed")
    assert predict["state_type"] == "COMPLETED"
    assert predict["parameters"] == refresh["parameters"]
    assert predict["created_by"]["type"] == "AUTOMATION"
    score = stack.ended("score/tiny")[-1]
    assert score["state_type"] == "COMPLETED", score["state"]["message"]
    assert score["state"]["message"] == "nothing to do: every outcome that has come is scored"
    assert score["name"] == "score tiny"
    newest = stored["date"].max()
    assert (refresh["name"], predict["name"]) == (
        f"refresh tiny {newest}",
        f"predict tiny {newest}, version 1",
    )
    assert stack.ended("score/coins") == stack.ended("predict/coins") == [], "another experiment's refresh"
    assert refresh["end_time"] <= score["start_time"] <= score["end_time"] <= predict["start_time"]


@pytest.mark.timeout(900)  # several runs, each a process: minutes on a slow machine
def test_a_refresh_that_finds_nothing_new_still_leads_to_the_forecast_of_a_new_champion(
    stack: Running, experiment: Path
) -> None:
    register_champion(stack, experiment)
    refresh, predict = refresh_then_predict(stack, told="by version 2 (champion)")
    assert refresh["state"]["message"].startswith("nothing to do: every bar stands in the store already")
    assert predict["state_type"] == "COMPLETED", predict["state"]["message"]
    forecast = read_forecast(stack.home, "tiny.simulated").filter(version="2")
    newest = read_prices(read_experiment(str(experiment)), stack.home)["date"].max()
    assert set(forecast["ticker"]) == {"AAA", "BBB", "CCC"}
    assert forecast["as_of"].unique().to_list() == [newest]
    assert set(forecast["seat"]) == {"champion"}
    tables = {row["key"]: row for row in stack.read("artifacts/latest")}
    assert {"refresh-tiny-simulated", "predict-tiny-simulated"} <= set(tables)
    assert (
        tables["predict-tiny-simulated"]["description"] == f"3 forecasts of {newest} by version 2 (champion)"
    )


@pytest.mark.timeout(900)  # runs that were triggered before it come first
def test_a_second_predict_finds_nothing_to_do(stack: Running) -> None:
    newest = stack.finish("predict/tiny")
    assert "nothing to do: version 2 has forecast" in newest["state"]["message"]
    assert read_forecast(stack.home, "tiny.simulated").filter(version="2").height == 3


@pytest.mark.timeout(900)  # several runs, each a process: minutes on a slow machine
def test_of_a_weekly_experiment_the_last_week_is_forecast_once_and_a_refit_is_followed_by_its_forecast(
    stack: Running, coins: Path
) -> None:
    """What a run would find to do is asked of the flow's own task here, without a run."""
    assert stack.finish("refresh/coins")["state_type"] == "COMPLETED"
    stack.wait_for(lambda: stack.ended("predict/coins"), what="the triggered forecast")
    first = stack.ended("predict/coins")[-1]
    week = read_prices(read_experiment(str(coins)), stack.home)["date"].max()
    assert first["name"] == f"predict coins {week}, version 1", first["state"]["message"]
    order = open_order(str(coins), None, str(stack.home.root))
    with disable_run_logger():
        nothing = find_what_is_missing.fn(order, dt.datetime.now(dt.UTC))[2]
    assert nothing == f"nothing to do: version 1 has forecast {week} already"
    told = find_what_is_due.fn(order, always=False)
    assert told is not None
    assert told.startswith("nothing to do: version 1: due when ")
    refit = stack.finish("refit/coins", always=True)
    assert refit["state_name"] == "Refitted", refit["state"]["message"]
    assert refit["name"].endswith(", version 2")
    done = f"predict coins {week}, version 2"
    stack.wait_for(
        lambda: [run["name"] for run in stack.ended("predict/coins")].count(done) == 1,
        what="the forecast of the refit",
    )


@pytest.mark.timeout(900)
def test_a_past_day_is_forecast_by_a_run_of_its_own_and_marked_as_late(stack: Running, coins: Path) -> None:
    weeks = read_prices(read_experiment(str(coins)), stack.home)["date"].unique().sort()
    done = stack.finish("predict/coins", as_of=f"{weeks[-3]}")
    assert done["state_type"] == "COMPLETED", done["state"]["message"]
    assert done["name"].startswith(f"predict coins {weeks[-3]}, version ")
    number = done["name"].rpartition(" ")[2]
    rows = read_forecast(stack.home, "coins.simulated", as_of=weeks[-3]).filter(version=number)
    assert set(rows["ticker"]) == {"AAA", "BBB", "CCC"}
    assert not rows["live"].any()


@pytest.mark.timeout(900)
def test_a_range_of_past_days_is_forecast_once_by_a_run_for_each(stack: Running, coins: Path) -> None:
    weeks = read_prices(read_experiment(str(coins)), stack.home)["date"].unique().sort()
    asked = {"since": f"{weeks[-5]}", "until": f"{weeks[-3]}"}
    done = stack.finish("predict/coins", **asked)
    assert done["state"]["message"] == "2 sessions forecast, 1 stand already"
    assert done["name"] == f"predict coins {weeks[-5]} to {weeks[-4]}"
    below = {run["name"].partition(",")[0] for run in stack.read("flow_runs") if run["parent_task_run_id"]}
    assert {f"predict coins {weeks[-5]}", f"predict coins {weeks[-4]}"} <= below
    kept = read_forecast(stack.home, "coins.simulated").filter(pl.col("as_of") <= weeks[-3])
    assert not kept["live"].any()
    assert all(by.startswith("flow run ") for by in kept["by"])
    order = open_order(str(coins), None, str(stack.home.root))
    assert find_lacking(order, since=weeks[-5], until=weeks[-3]) == (3, [])


@pytest.mark.parametrize(
    ("error", "again"),
    [(ProviderFailed("busy"), True), (InvalidInput("wrong"), False), (TypeError("bug"), False)],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    assert asyncio.run(may_pass(None, None, Failed(data=error))) is again
