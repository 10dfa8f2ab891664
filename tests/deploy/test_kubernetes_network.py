"""Who may talk to whom, worked out of the policies as a network would: nothing, but for what the services need."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.kustomize import pods
from tests.deploy.test_kubernetes import EVERYTHING, RENDERED, named, of_kind

COMPONENT = "app.kubernetes.io/component"
POLICIES = of_kind("NetworkPolicy")
PODS = {pod["metadata"]["labels"][COMPONENT]: pod for document in EVERYTHING for pod in pods(document)}


def chooses(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    equal = selector.get("matchLabels", {}).items() <= labels.items()
    return equal and all(
        one["operator"] == "In" and labels.get(one["key"]) in one["values"]
        for one in selector.get("matchExpressions", [])
    )


def admits(rule: dict[str, Any], side: str, labels: dict[str, str], port: int) -> bool:
    """One rule: without a side it is anybody, without ports any."""
    others = rule.get(side)
    met = others is None or any(
        "podSelector" in one and chooses(one["podSelector"], labels) for one in others
    )
    return met and any(one["port"] == port for one in rule.get("ports", [{"port": port}]))


def may_talk(source: str, target: str, port: int) -> bool:
    here, there = PODS[source]["metadata"]["labels"], PODS[target]["metadata"]["labels"]

    def allowed(direction: str, side: str, whose: dict[str, str], other: dict[str, str]) -> bool:
        mine = [
            one["spec"]
            for one in POLICIES
            if direction.title() in one["spec"]["policyTypes"] and chooses(one["spec"]["podSelector"], whose)
        ]
        return not mine or any(
            admits(rule, side, other, port) for policy in mine for rule in policy.get(direction, [])
        )

    return allowed("egress", "to", here, there) and allowed("ingress", "from", there, here)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("app", "mlflow", 5000), ("app", "prefect", 4200),
        ("worker", "mlflow", 5000), ("worker", "prefect", 4200), ("worker", "ray", 6379), ("ray", "worker", 31234),
        ("ray", "ray", 6379), ("ray", "mlflow", 5000), ("submitter", "ray", 8265),
        ("mlflow", "postgres", 5432), ("prefect", "postgres", 5432),
    ],
)  # fmt: skip
def test_what_a_service_needs_it_reaches(source: str, target: str, port: int) -> None:
    assert may_talk(source, target, port)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("app", "postgres", 5432), ("worker", "postgres", 5432), ("ray", "postgres", 5432), ("app", "ray", 8265),
        ("app", "ray", 6379), ("ray", "prefect", 4200), ("submitter", "mlflow", 5000), ("mlflow", "app", 8000),
        ("worker", "app", 8000), ("prefect", "mlflow", 5000), ("postgres", "mlflow", 5000),
    ],
)  # fmt: skip
def test_what_a_service_does_not_need_it_does_not_reach(source: str, target: str, port: int) -> None:
    assert not may_talk(source, target, port)


def test_without_policies_of_their_own_pods_are_shut() -> None:
    [shut] = [
        one["spec"] for one in POLICIES if one["spec"]["podSelector"] == {} and "egress" not in one["spec"]
    ]
    assert set(shut["policyTypes"]) == {"Ingress", "Egress"}
    assert "ingress" not in shut


def selectors(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield policy["podSelector"]
    for rule in (*policy.get("ingress", []), *policy.get("egress", [])):
        for one in (*rule.get("from", []), *rule.get("to", [])):
            if "podSelector" in one:
                yield one["podSelector"]


def test_every_label_that_a_policy_names_is_on_a_pod() -> None:
    carried = {pair for pod in PODS.values() for pair in pod["metadata"]["labels"].items()}
    for policy in POLICIES:
        for selector in selectors(policy["spec"]):
            asked = set(selector.get("matchLabels", {}).items())
            asked |= {
                (one["key"], value) for one in selector.get("matchExpressions", []) for value in one["values"]
            }
            assert asked <= carried, policy["metadata"]["name"]


def test_few_reach_what_is_outside_and_nobody_the_clouds_own_address() -> None:
    outside = {}
    for policy in POLICIES:
        for rule in policy["spec"].get("egress", []):
            for one in rule.get("to", []):
                if "ipBlock" in one:
                    outside[policy["metadata"]["name"]] = one["ipBlock"]["except"]
    assert set(outside) == {"worker", "mlflow", "tables"}
    assert [named(one) for one in RENDERED["s3"]] == ["NetworkPolicy-tables"]
    assert all("169.254.0.0/16" in but for but in outside.values())
