"""The files for Fly.io and Render: both start the image by its own command, which the test of the image runs, with what
the image says anyway, one disk at the home, and a key that stands in no file."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from tests.deploy.composition import PROJECT
from tests.deploy.test_image import DOCKERFILE, command, environment

DEPLOY = PROJECT / "deploy"
FLY = tomllib.loads((DEPLOY / "fly.toml").read_text())
[RENDER] = yaml.safe_load((DEPLOY / "render.yaml").read_text())["services"]
RENDER_ENVIRONMENT = {one["key"]: one.get("value") for one in RENDER["envVars"]}
CHECK = FLY["http_service"]["checks"][0]


def test_both_build_the_image_from_where_it_is() -> None:
    assert (DEPLOY / FLY["build"]["dockerfile"]).resolve() == PROJECT / "Dockerfile"
    assert (PROJECT / RENDER["dockerfilePath"]).resolve() == PROJECT / "Dockerfile"
    assert (PROJECT / RENDER["dockerContext"]).resolve() == PROJECT
    assert set(FLY["build"]["args"]) <= set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))


@pytest.mark.parametrize(
    "given", [FLY["env"], {k: v for k, v in RENDER_ENVIRONMENT.items() if v}], ids=["fly", "render"]
)
def test_both_run_the_image_s_own_command_as_it_was_seen_run(given: dict[str, Any]) -> None:
    assert "processes" not in FLY
    assert "dockerCommand" not in RENDER
    assert given.items() <= environment().items()
    assert int(given["PORT"]) == FLY["http_service"]["internal_port"]
    assert "$PORT" in command("")[-1]


def test_the_key_is_asked_for_and_stands_in_no_file() -> None:
    assert {"key": "CANDORCAST_API_KEY", "sync": False} in RENDER["envVars"]
    assert "CANDORCAST_API_KEY" not in FLY["env"]
    assert "fly secrets set CANDORCAST_API_KEY=" in (DEPLOY / "fly.toml").read_text()


def test_nobody_is_answered_without_tls_and_no_commit_goes_out_before_its_checks_have_passed() -> None:
    assert FLY["http_service"]["force_https"] is True  # Render does so by itself
    assert RENDER["autoDeployTrigger"] == "checksPass"


def test_both_ask_for_health_where_the_image_does() -> None:
    assert CHECK["path"] == RENDER["healthCheckPath"]
    assert f'{CHECK["path"]}\\"' in DOCKERFILE
    assert CHECK["method"] == "GET"


def test_both_keep_the_home_on_a_disk_of_the_one_machine_there_is() -> None:
    home = environment()["CANDORCAST_HOME"]
    [mount] = FLY["mounts"]
    assert mount["destination"] == RENDER["disk"]["mountPath"] == home
    assert RENDER["numInstances"] == FLY["http_service"]["min_machines_running"] == 1
