"""What each service is given: quiet, on loopback, bound to this home, or left to someone else."""

from pathlib import Path

import pytest

from flows.stack.plan import Ports, StackPlan
from flows.stack.services import build_environment, build_services, prepare_tracking
from ml_core.home.settings import open_home
from ml_core.spec.file import read_experiment


@pytest.fixture
def plan(tmp_path: Path) -> StackPlan:
    return StackPlan(
        {"demo": read_experiment("demo")}, open_home(tmp_path), ("task.lookback=30",), Ports(1, 2, 3)
    )


def test_every_server_listens_on_loopback_only(plan: StackPlan) -> None:
    for service in build_services(plan):
        assert service.health.startswith("http://127.0.0.1:")
        assert "0.0.0.0" not in " ".join(service.command)


def test_children_send_no_telemetry_and_reach_each_other_past_a_proxy(
    plan: StackPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet")
    environment = build_environment(plan)
    assert environment["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert environment["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert environment["RAY_USAGE_STATS_ENABLED"] == "0"


def test_prefect_keeps_its_state_under_the_home(plan: StackPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_PROFILE", "mine")
    environment = build_environment(plan)
    assert environment["PREFECT_HOME"] == str(plan.home.root / "prefect")
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert "PREFECT_PROFILE" not in environment


def test_the_secret_of_the_server_is_known_to_the_worker(
    plan: StackPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "user:secret")
    assert build_environment(plan)["PREFECT_API_AUTH_STRING"] == "user:secret"


def test_a_server_that_is_named_in_the_environment_is_used_and_not_started(
    plan: StackPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [service.name for service in build_services(plan)] == ["prefect", "mlflow", "app", "worker"]
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example/api")
    elsewhere = StackPlan(
        {"demo": read_experiment("demo")}, open_home(plan.home.root, "http://mlflow.example")
    )
    assert [service.name for service in build_services(elsewhere)] == ["app", "worker"]
    assert elsewhere.given == {"prefect": "http://prefect.example/api", "mlflow": "http://mlflow.example"}
    assert build_environment(elsewhere)["PREFECT_API_URL"] == "http://prefect.example/api"


def test_mlflow_reads_the_database_that_the_command_line_writes_without_waiting_for_it(
    plan: StackPlan,
) -> None:
    prepare_tracking(plan.home)
    [mlflow] = [service for service in build_services(plan) if service.name == "mlflow"]
    assert plan.home.tracking_uri in mlflow.command
    header = (plan.home.root / "mlflow.db").read_bytes()[18:20]
    assert header == b"\x02\x02", "the file's own mark of write-ahead logging"
