"""The workflows of GitHub, read: what they run is there, and none may do more than it has to."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.composition import PROJECT

FILES = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
# Beyond reading the code: who may do what, and why is in the workflow.
MORE = {
    ("image.yml", "publish"): {"packages": "write"},
    ("release.yml", "build"): {"id-token": "write", "attestations": "write"},
    ("release.yml", "publish"): {"id-token": "write"},
}


def read(file: Path) -> dict[str, Any]:
    """`on` is a truth value to YAML."""
    given = yaml.safe_load(file.read_text())
    return {("on" if key is True else key): value for key, value in given.items()}


def steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in read(file)["jobs"].values() for step in job["steps"]]


def test_the_three_workflows_are_there() -> None:
    assert [file.name for file in FILES] == ["ci.yml", "image.yml", "release.yml"]


def test_a_workflow_and_the_composition_are_valid_by_their_schemas() -> None:
    compose = PROJECT / "deploy" / "compose.yaml"
    for schema, given in (("vendor.github-workflows", FILES), ("vendor.compose-spec", [compose])):
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, given)]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout


@every_file
def test_nobody_else_s_code_runs_with_our_rights(file: Path) -> None:
    assert "pull_request_target" not in file.read_text()
    assert "workflow_run" not in read(file)["on"]


@every_file
def test_a_workflow_reads_and_a_job_that_does_more_is_named(file: Path) -> None:
    workflow = read(file)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        more = {
            key: value
            for key, value in job.get("permissions", {}).items()
            if (key, value) != ("contents", "read")
        }
        assert more == MORE.get((file.name, name), {}), name
        assert job["timeout-minutes"] <= 90


@every_file
def test_an_action_is_named_by_its_commit(file: Path) -> None:
    for step in steps(file):
        if "uses" in step:
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
    text = file.read_text()
    assert len(re.findall("uses: ", text)) == len(
        re.findall(r"uses: \S+ # v\d+\.\d+\.\d+$", text, re.MULTILINE)
    )


@every_file
def test_no_checkout_leaves_its_token_behind(file: Path) -> None:
    for step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@every_file
def test_what_somebody_else_may_write_reaches_no_shell_as_text(file: Path) -> None:
    for step in steps(file):
        assert "${{" not in step.get("run", ""), step


@every_file
def test_every_target_of_make_and_every_file_is_there(file: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text()
    for step in steps(file):
        for target in re.findall(r"\bmake (\w+)", step.get("run", "")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for name in re.findall(
        r"(?<![\w/.-])((?:\.ci|deploy|\.github)/[\w./-]+|constraints\.txt|pyproject\.toml|Dockerfile)",
        file.read_text(),
    ):
        if name != "deploy/.env":  # made by the line that names it
            assert (PROJECT / name.rstrip("/")).exists(), name


def test_a_release_is_built_by_what_is_pinned_and_its_origin_is_attested() -> None:
    jobs = read(PROJECT / ".github" / "workflows" / "release.yml")["jobs"]
    [built] = [step for step in jobs["build"]["steps"] if "python -m build" in step.get("run", "")]
    assert built["env"] == {"PIP_CONSTRAINT": "${{ github.workspace }}/constraints.txt"}
    constraints = (PROJECT / "constraints.txt").read_text()
    assert re.search("^build==", constraints, re.MULTILINE) and re.search(
        "^hatchling==", constraints, re.MULTILINE
    )
    assert any("attest-build-provenance" in step.get("uses", "") for step in jobs["build"]["steps"])
    assert (jobs["publish"]["environment"], jobs["publish"]["needs"]) == ("pypi", "build")


def test_the_image_for_processors_takes_torch_from_where_the_dockerfile_does_unless_told_otherwise() -> None:
    [index] = re.findall(r"^ARG TORCH_INDEX=(\S+)$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert index.endswith("/cpu")
    jobs = read(PROJECT / ".github" / "workflows" / "image.yml")["jobs"]
    asked = [
        re.findall("TORCH_INDEX=(.*)", step["with"]["build-args"])
        for job in jobs.values()
        for step in job["steps"]
        if "build-args" in step.get("with", {})
    ]
    assert asked == [[f"${{{{ vars.TORCH_INDEX || '{index}' }}}}"]] * 2


def test_the_suite_runs_on_every_python_that_is_promised() -> None:
    workflow = read(PROJECT / ".github" / "workflows" / "ci.yml")
    pythons = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert pythons == ["3.11", "3.12", "3.13"]
    assert f'requires-python = ">={pythons[0]}"' in (PROJECT / "pyproject.toml").read_text()


def test_what_is_published_has_its_parts_listed_and_was_scanned_first() -> None:
    jobs = read(PROJECT / ".github" / "workflows" / "image.yml")["jobs"]
    [pushes] = [step["with"] for step in jobs["publish"]["steps"] if step.get("with", {}).get("push")]
    assert pushes["sbom"] is True
    assert pushes["provenance"] == "mode=max"
    assert jobs["publish"]["needs"] == "check"
    assert any(
        "trivy" in step.get("uses", "") and step["with"]["exit-code"] == "1"
        for step in jobs["check"]["steps"]
    )
    asked = set(re.findall(r"^(\w+)=", pushes["build-args"], re.MULTILINE))
    assert asked <= set(re.findall(r"^ARG (\w+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE))
