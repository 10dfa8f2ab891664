"""What the composition promises, and each service's very command seen healthy by its own check."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.home.settings import open_home
from ml_core.registry.searched import Searched
from ml_core.registry.versions import Registry
from tests.candidate import fit_candidate
from tests.deploy.composition import SECRETS, Composition, read_compose
from tests.deploy.test_kubernetes import of_kind
from tests.evidence import evidence_of
from tests.market import NOW, small_experiment
from tests.servers import run_object_store

NODES = ("searcher", "searcher-gpu")
OWN = ("mlflow", "prefect", "ray", "deploy", "worker", "app", *NODES)
CHECKED = ("mlflow", "prefect", "ray", "worker", "app", "searcher")


@pytest.fixture(scope="module")
def composition() -> Iterator[Composition]:
    """In the order that `depends_on` asks for; a short folder, because Ray puts sockets into it."""
    with tempfile.TemporaryDirectory(prefix="cc-") as folder, run_object_store("models") as s3:
        running = Composition(Path(folder), s3)
        try:
            running.start_database()
            for name in ("mlflow", "prefect", "ray"):
                running.start(name)
            running.await_healthy("prefect")
            running.finish("deploy")
            running.start("app")
            running.await_healthy("ray")
            running.start("worker")
            running.start("searcher")
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


def test_no_secret_is_a_word_of_a_command_which_whoever_lists_processes_reads(
    services: dict[str, dict],
) -> None:
    words = [word for one in services.values() for word in one.get("command", [])]
    assert [word for word in words for secret in SECRETS.values() if secret in word] == []


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
    assert all("shm_size" in services[name] for name in ("postgres", "ray", "worker", *NODES))


def test_every_root_is_read_only_and_no_process_gains_rights(services: dict[str, dict]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert any(place.startswith("/tmp") for place in service["tmpfs"]), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_what_searches_besides_stands_in_profiles_with_the_token(services: dict[str, dict]) -> None:
    assert {name: services[name]["profiles"] for name in services if "profiles" in services[name]} == {
        "searcher": ["search"],
        "searcher-gpu": ["gpu"],
    }
    for name in NODES:
        address = services["app"]["environment"]["CANDORCAST_RAY_ADDRESS"]
        assert f"--address={address}" in services[name]["command"]
        assert services[name]["environment"]["RAY_AUTH_MODE"] == "token"
    assert services["searcher-gpu"]["build"]["args"] == {"VARIANT": "cuda"}
    [device] = services["searcher-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]


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


def test_a_version_lies_in_postgresql_and_its_files_in_the_bucket_and_a_client_without_its_keys_has_both(
    composition: Composition, tmp_path: Path
) -> None:
    composition.await_healthy("mlflow")
    experiment = small_experiment(training={"epochs": 1})
    home = open_home(tmp_path, f"http://127.0.0.1:{composition.ports['5000']}")
    refresh(experiment, home, now=NOW)
    forecaster = fit_candidate(experiment, home, Searched(trials=1)).forecaster
    made = Registry(home).register(forecaster, experiment.model_name, evidence_of(experiment))
    Registry(home).promote(made.name, made.version)
    found = Registry(home).find(made.name)
    assert found.evidence == made.evidence
    assert Registry(home).load(found).version == made.version
    told = composition.query("-d", "mlflow", "-c", "select name, version from model_versions")
    assert f"{made.name}|{made.version}" in told.splitlines()
    assert any(one.startswith("PUT /models/files/") for one in composition.s3.requests())


def test_prefect_answers_only_those_who_know_the_secret(composition: Composition) -> None:
    address = f"http://127.0.0.1:{composition.ports['4200']}/api/deployments/filter"
    assert httpx.post(address, json={}, trust_env=False).status_code == 401
    user, _, password = SECRETS["PREFECT_AUTH"].partition(":")
    known = httpx.post(address, json={}, trust_env=False, auth=(user, password)).json()
    assert len(known) == 7


@pytest.mark.parametrize("name", ["mlflow", "prefect", "worker", "app"])
def test_a_probe_of_kubernetes_asks_an_address_that_answers_it(composition: Composition, name: str) -> None:
    """A kubelet asks at the number of a pod, which no server was told of."""
    [found] = [one for one in of_kind("Deployment") if one["metadata"]["name"] == name]
    [container] = found["spec"]["template"]["spec"]["containers"]
    [port] = container["ports"]
    composition.await_healthy(name)
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        address = f"http://127.0.0.1:{composition.ports[str(port['containerPort'])]}"
        answer = httpx.get(
            address + container[kind]["httpGet"]["path"],
            headers={"Host": f"10.1.2.3:{port['containerPort']}"}, trust_env=False,
        )  # fmt: skip
        without_model = name == "app" and kind == "readinessProbe"  # nothing was searched here
        assert answer.status_code == (503 if without_model else 200), (kind, answer.text)
