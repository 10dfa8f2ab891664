"""The part of kustomize that `deploy/kubernetes` uses, without its program: resources, a namespace, images, patches
of JSON. What it does not know is refused, so that no line is passed over in silence."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

KNOWN = {"apiVersion", "kind", "namespace", "resources", "images", "patches"}


def render(folder: Path) -> list[dict[str, Any]]:
    """What a cluster would be given."""
    asked = yaml.safe_load((folder / "kustomization.yaml").read_text())
    if unknown := set(asked) - KNOWN:
        raise ValueError(f"{folder.name}: this loader does not know {', '.join(sorted(unknown))}")
    given = [document for name in asked["resources"] for document in _read(folder / name)]
    for patch in asked.get("patches", []):
        _patch(given, patch["target"], yaml.safe_load((folder / patch["path"]).read_text()))
    for document in given:
        if "namespace" in asked and document["kind"] != "Namespace":
            document["metadata"]["namespace"] = asked["namespace"]
        for image in asked.get("images", []):
            _rename(document, image)
    return given


def _read(place: Path) -> list[dict[str, Any]]:
    if place.is_dir():
        return render(place)
    return [copy.deepcopy(document) for document in yaml.safe_load_all(place.read_text()) if document]


def _patch(given: list[dict[str, Any]], target: dict[str, str], steps: list[dict[str, Any]]) -> None:
    [found] = [
        document
        for document in given
        if document["apiVersion"] == f"{target['group']}/{target['version']}"
        and (document["kind"], document["metadata"]["name"]) == (target["kind"], target["name"])
    ]
    for step in steps:
        *way, last = step["path"].strip("/").split("/")
        if (step["op"], last) != ("add", "-"):
            raise ValueError(f"{step['op']} {step['path']}: this loader only adds to the end of a list")
        there: Any = found
        for part in way:
            there = there[part]
        there.append(step["value"])


def _rename(document: dict[str, Any], image: dict[str, str]) -> None:
    for container in containers(document):
        if container.get("image") == image["name"]:
            container["image"] = f"{image['newName']}:{image['newTag']}"


def pods(node: Any) -> Iterator[dict[str, Any]]:
    """Every template of a pod, however deep it stands."""
    if isinstance(node, dict):
        if "containers" in node.get("spec", {}) and "metadata" in node:
            yield node
        for value in node.values():
            yield from pods(value)
    elif isinstance(node, list):
        for value in node:
            yield from pods(value)


def containers(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for pod in pods(document):
        yield from pod["spec"].get("initContainers", [])
        yield from pod["spec"]["containers"]
