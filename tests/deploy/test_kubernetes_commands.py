"""Every command of the manifests is one that there is: asked of each program's own declaration, or seen run by the test
of the composition, word for word."""

import re
import shlex
from importlib.util import find_spec
from typing import Any

import click
import pytest
import typer

from cli.line import app
from ml_core.home.settings import PREFIX, Settings
from tests.deploy.composition import SECRETS, read_compose
from tests.deploy.kustomize import containers
from tests.deploy.test_kubernetes import EVERYTHING, named, of_kind


def programs() -> dict[str, click.Command]:
    from mlflow.cli import cli as mlflow
    from ray.scripts.scripts import cli as ray

    return {"candorcast": typer.main.get_command(app), "mlflow": mlflow, "ray": ray}


def values() -> dict[str, str]:
    return {key: value for one in of_kind("ConfigMap") for key, value in one["data"].items()}


def lines(command: list[str]) -> list[list[str]]:
    """The words of each program that a container starts, a shell's line taken apart."""
    filled = [re.sub(r"\$\((\w+)\)", lambda found: values()[found[1]], word) for word in command]
    if filled[:2] != ["sh", "-c"]:
        return [filled]
    text = re.sub(r"\$\{?(\w+)\}?", lambda found: values()[found[1]], filled[2])
    return [shlex.split(part.strip().removeprefix("exec ")) for part in text.split("&&")]


def parse(program: click.Command, words: list[str]) -> None:
    """As far as the function that does it; an unknown command or option, and a missing word, are errors of it."""
    context = click.Context(program)
    while hasattr(program, "resolve_command"):
        [first, *words] = words
        found = program.get_command(context, first)
        if found is None:
            raise click.UsageError(f"no such command: {first}")
        program = found
    program.make_context(program.name, list(words))


def asked() -> list[tuple[str, list[str]]]:
    given = []
    for document in EVERYTHING:
        for container in containers(document):
            given += [(named(document), words) for words in lines(container.get("command", []))]
            for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
                if "exec" in container.get(kind, {}):
                    given.append((named(document), container[kind]["exec"]["command"]))
        if document["kind"] == "RayJob":
            given.append((named(document), shlex.split(document["spec"]["entrypoint"])))
        if document["kind"] == "RayCluster":
            given += [(named(document), words) for words in started(document["spec"])]
    return [(name, words) for name, words in given if words]


def started(cluster: dict[str, Any]) -> list[list[str]]:
    """What KubeRay makes of the parameters of a group."""

    def options(group: dict[str, Any]) -> list[str]:
        return [f"--{key}={value}" for key, value in group["rayStartParams"].items()]

    head = ["ray", "start", "--head", *options(cluster["headGroupSpec"])]
    return [
        head,
        *(["ray", "start", "--address=head:6379", *options(group)] for group in cluster["workerGroupSpecs"]),
    ]


def as_in_compose() -> list[list[str]]:
    services = read_compose(SECRETS)["services"]
    run = [service["command"] for service in services.values() if "command" in service]
    run += [service["healthcheck"]["test"][1:] for service in services.values() if "healthcheck" in service]
    return [words for command in run for words in lines(command)]


def test_every_command_is_one_that_its_program_takes() -> None:
    known, seen = programs(), as_in_compose()
    for name, words in asked():
        if words[0] in known:
            parse(known[words[0]], words[1:])
        else:
            place = [word if word != "kubernetes" else "compose" for word in words]
            assert place in seen, f"{name}: {words}"
        if words[:2] == ["python", "-m"]:
            assert find_spec(words[2])


def test_a_word_that_a_program_does_not_know_is_found() -> None:
    known = programs()
    for words in ("candorcast serve demo --hosts=0.0.0.0", "candorcast serves demo", "ray start --heads"):
        first, *rest = shlex.split(words)
        with pytest.raises(Exception, match=r"(?i)no such"):
            parse(known[first], rest)


def test_what_mlflow_is_told_by_the_environment_is_read() -> None:
    from mlflow import environment_variables

    server = programs()["mlflow"]
    assert isinstance(server, click.Group)
    declared = {
        option.envvar for option in server.commands["server"].params if isinstance(option.envvar, str)
    }
    assert {"MLFLOW_BACKEND_STORE_URI", "MLFLOW_ARTIFACTS_DESTINATION"} <= declared
    told = {key for key in values() if key.startswith("MLFLOW_")}
    assert {key for key in told - declared if not hasattr(environment_variables, key)} == set()


def test_a_variable_of_ours_is_one_that_is_read() -> None:
    fields = {
        str(field.validation_alias or f"{PREFIX}{name.upper()}")
        for name, field in Settings.model_fields.items()
    }
    ours = {key for key in values() if key.startswith(PREFIX)}
    for document in EVERYTHING:
        for container in containers(document):
            ours |= {one["name"] for one in container.get("env", []) if one["name"].startswith(PREFIX)}
    assert ours
    assert ours <= fields
