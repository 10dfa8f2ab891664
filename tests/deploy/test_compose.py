"""What the composition promises, and each service's very command seen healthy by its own check."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy.composition import SECRETS, Composition, read_compose

OWN = ("mlflow", "prefect", "ray", "deploy", "worker", "app")
CHECKED = ("mlflow", "prefect", "ray", "worker", "app")


@pytest.fixture(scope="module")
def composition() -> Iterator[Composition]:
    """In the order that `depends_on` asks for; a short folder, because Ray puts sockets into it."""
    with tempfile.TemporaryDirectory(prefix="wf-") as folder:
        running = Composition(Path(folder))
        try:
            running.start_database()
            for name in ("mlflow", "prefect", "ray"):
                running.start(name)
            running.await_healthy("prefect")
            running.finish("deploy")
            running.start("app")
            running.await_healthy("ray")
            running.start("worker")
            yield running
        finally:
            left = running.end()
        assert left == set()


@pytest.fixture(scope="module")
def services() -> dict[str, dict]:
    return read_compose(SECRETS)["services"]


@pytest.mark.parametrize("secret", list(SECRETS))
def test_a_secret_has_no_default(secret: str) -> None:
    with pytest.raises(KeyError, match=secret):
        read_compose({name: value for name, value in SECRETS.items() if name != secret})


def test_only_loopback_ports_are_published(services: dict[str, dict]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_our_services_run_without_privileges_and_with_a_health_check(services: dict[str, dict]) -> None:
    assert set(services) == {"postgres", *OWN}
    for name in OWN:
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["init"] is True
        assert "healthcheck" in services[name] or services[name]["restart"] == "no"
    assert all("shm_size" in services[name] for name in ("postgres", "ray", "worker"))


def test_what_a_service_waits_for_can_come(services: dict[str, dict]) -> None:
    for service in services.values():
        for other, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in services[other]
            if wanted["condition"] == "service_completed_successfully":
                assert services[other]["restart"] == "no"


@pytest.mark.parametrize("name", CHECKED)
def test_the_command_of_each_service_runs_and_its_health_check_passes(
    composition: Composition, name: str
) -> None:
    composition.await_healthy(name)


def test_prefect_answers_only_those_who_know_the_secret(composition: Composition) -> None:
    address = f"http://127.0.0.1:{composition.ports['4200']}/api/deployments/filter"
    assert httpx.post(address, json={}, trust_env=False).status_code == 401
    user, _, password = SECRETS["PREFECT_AUTH"].partition(":")
    known = httpx.post(address, json={}, trust_env=False, auth=(user, password)).json()
    assert len(known) == 7
