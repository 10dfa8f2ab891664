"""The manifests of `deploy/kubernetes` without a cluster: valid by Kubernetes' own schemas, and nothing in them that is
not there: a claim, a port, a secret that nobody is told to make."""

import copy
import json
import re
import shutil
from collections.abc import Iterator
from itertools import product
from typing import Any

import kubernetes_validate
import pytest

from tests.deploy.composition import PROJECT
from tests.deploy.kustomize import containers, pods, render
from tests.deploy.rendered import FOLDER, KEPT, PLACES, ask_kubectl, digest

RENDERED = {place: render(FOLDER / place) for place in PLACES}
EVERYTHING = [*RENDERED["overlays/gpu"], *RENDERED["search"], *RENDERED["s3"], *RENDERED["ingress"]]
# KubeRay's schemas are in no package. Those of its repository (v1, 19 August 2026) were asked by hand; what we use of
# them is held here by name.
CLUSTER = {
    "rayVersion", "authOptions", "enableInTreeAutoscaling", "autoscalerOptions", "headGroupSpec", "workerGroupSpecs",
}  # fmt: skip
GROUP = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
JOB = {
    "entrypoint", "clusterSelector", "submissionMode", "ttlSecondsAfterFinished", "submitterConfig",
    "submitterPodTemplate",
}  # fmt: skip
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [document for document in EVERYTHING if document["kind"] in kinds]


def named(document: dict[str, Any]) -> str:
    return f"{document['kind']}-{document['metadata']['name']}"


core = [document for document in EVERYTHING if not document["apiVersion"].startswith("ray.io/")]
all_pods = [pod for document in EVERYTHING for pod in pods(document)]


@pytest.mark.parametrize("place", PLACES)
def test_kubectl_renders_the_same(place: str) -> None:
    """Asked where it is; else by what it gave when it was asked last."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))[place]
    if shutil.which("kubectl"):
        assert digest(ask_kubectl(place)) == kept, "run: python -m tests.deploy.rendered"
    assert digest(RENDERED[place]) == kept, "where kubectl is, run: python -m tests.deploy.rendered"


@pytest.mark.parametrize("version", ["1.30", "1.37"])
@pytest.mark.parametrize("document", core, ids=named)
def test_a_manifest_is_valid_by_the_schema_of_an_older_and_a_new_kubernetes(document, version: str) -> None:
    kubernetes_validate.validate(document, version, strict=True)


def test_a_misspelt_field_is_found() -> None:
    [app] = [document for document in of_kind("Deployment") if document["metadata"]["name"] == "app"]
    wrong = copy.deepcopy(app)
    wrong["spec"]["template"]["spec"]["containers"][0]["livenessprobe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="livenessprobe"):
        kubernetes_validate.validate(wrong, "1.37", strict=True)


def test_what_kuberay_is_given_has_the_fields_that_it_knows() -> None:
    [cluster], [job] = of_kind("RayCluster"), of_kind("RayJob")
    assert cluster["apiVersion"] == job["apiVersion"] == "ray.io/v1"
    assert set(cluster["spec"]) == CLUSTER
    assert set(job["spec"]) == JOB
    assert job["spec"]["clusterSelector"] == {"ray.io/cluster": cluster["metadata"]["name"]}
    for group in cluster["spec"]["workerGroupSpecs"]:
        assert set(group) == GROUP
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
    # Pods of Ray are Kubernetes' own, so its schema knows them.
    for pod in (*pods(cluster), *pods(job)):
        whole = {"apiVersion": "v1", "kind": "Pod", **copy.deepcopy(pod)}
        kubernetes_validate.validate(whole, "1.37", strict=True)


def test_every_pod_is_one_that_a_restricted_namespace_admits() -> None:
    [namespace] = of_kind("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for pod in all_pods:
        context = pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"])
        assert all("hostPath" not in volume for volume in pod["spec"]["volumes"])


def test_every_container_is_restricted_and_says_what_it_needs() -> None:
    found = [container for document in EVERYTHING for container in containers(document)]
    [cluster] = of_kind("RayCluster")
    beside = cluster["spec"]["autoscalerOptions"]
    assert len(found) == 10
    for container in (*found, beside):
        assert container["securityContext"] == RESTRICTED
        assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
        assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_only_the_head_of_ray_whose_autoscaler_asks_kubernetes_keeps_a_token() -> None:
    with_token = [pod for pod in all_pods if pod["spec"].get("automountServiceAccountToken") is not False]
    [cluster] = of_kind("RayCluster")
    assert with_token == [cluster["spec"]["headGroupSpec"]["template"]]


def test_what_stays_is_probed() -> None:
    for document in of_kind("Deployment", "StatefulSet", "RayCluster"):
        for pod in pods(document):
            for container in pod["spec"]["containers"]:
                assert {"startupProbe", "readinessProbe"} <= set(container)


def test_every_secret_that_is_read_is_told_in_the_readme_and_none_is_in_a_manifest() -> None:
    readme = (FOLDER / "README.md").read_text()
    told = set(re.findall(r"^\| `([\w-]+)` \| `([\w-]+)` \|", readme, re.MULTILINE))
    asked = set()
    for document in EVERYTHING:
        for container in containers(document):
            for variable in container.get("env", []):
                if "valueFrom" in variable:
                    reference = variable["valueFrom"]["secretKeyRef"]
                    asked.add((reference["name"], reference["key"]))
                else:
                    assert not re.search("PASSWORD|TOKEN|KEY|SECRET|AUTH_STRING", variable["name"])
            for source in container.get("envFrom", []):
                if "secretRef" in source:
                    assert source["secretRef"]["optional"] is True
                    assert source["secretRef"]["name"] in {name for name, _ in told}
    assert asked <= told
    assert of_kind("Secret") == []
    made = set(re.findall(r"create secret generic ([\w-]+)", readme))
    assert made == {name for name, _ in told}


def test_whoever_reads_tables_is_told_where_they_lie_and_by_which_keys() -> None:
    """By one secret, which need not be there: then they lie in the home."""
    there = {
        container["name"]
        for document in EVERYTHING
        for container in containers(document)
        for source in container.get("envFrom", [])
        if source.get("secretRef", {}).get("name") == "candorcast-s3"
    }
    assert there == {"app", "deployments", "worker", "ray", "mlflow"}
    [cluster] = of_kind("RayCluster")
    for group in cluster["spec"]["workerGroupSpecs"]:  # a trial is given its bars
        [node] = group["template"]["spec"]["containers"]
        assert not any("secretRef" in source for source in node["envFrom"])
    assert "CANDORCAST_TABLES" in (FOLDER / "README.md").read_text()


def references(pod: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for volume in pod["spec"]["volumes"]:
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
    for container in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]):
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                yield "ConfigMap", source["configMapRef"]["name"]


def test_what_a_pod_mounts_and_reads_is_there() -> None:
    there = {(document["kind"], document["metadata"]["name"]) for document in EVERYTHING}
    for pod in all_pods:
        assert set(references(pod)) <= there
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        for container in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]):
            named_here = {mount["name"] for mount in container["volumeMounts"]}
            assert named_here <= volumes | {"database"}


def test_a_service_leads_to_a_port_that_a_container_listens_on() -> None:
    for service in of_kind("Service"):
        wanted = service["spec"]["selector"].items()
        chosen = [pod for pod in all_pods if wanted <= pod["metadata"]["labels"].items()]
        assert chosen, named(service)
        for pod, port in product(chosen, service["spec"]["ports"]):
            listening = {
                one["name"]: one["containerPort"]
                for container in pod["spec"]["containers"]
                for one in container.get("ports", [])
            }
            assert listening[port["targetPort"]] == port["port"]


def test_visitors_from_outside_come_to_the_app_alone_and_by_tls_alone() -> None:
    [way] = of_kind("Ingress")
    hosts = {rule["host"] for rule in way["spec"]["rules"]}
    assert hosts == {host for one in way["spec"]["tls"] for host in one["hosts"]}
    assert all(one["secretName"] in (FOLDER / "README.md").read_text() for one in way["spec"]["tls"])
    assert way["metadata"]["annotations"]["nginx.ingress.kubernetes.io/force-ssl-redirect"] == "true"
    ports = {
        (one["metadata"]["name"], port["name"]) for one in of_kind("Service") for port in one["spec"]["ports"]
    }
    backends = [path["backend"]["service"] for rule in way["spec"]["rules"] for path in rule["http"]["paths"]]
    assert {(one["name"], one["port"]["name"]) for one in backends} == {("app", "http")}
    assert ("app", "http") in ports


def test_what_scales_and_what_guards_finds_its_pods() -> None:
    [scaler], [budget] = of_kind("HorizontalPodAutoscaler"), of_kind("PodDisruptionBudget")
    target = scaler["spec"]["scaleTargetRef"]
    [app] = [one for one in of_kind(target["kind"]) if one["metadata"]["name"] == target["name"]]
    assert "replicas" not in app["spec"]  # else each `apply` would undo what the scaler has done
    assert (
        budget["spec"]["selector"]["matchLabels"].items()
        <= app["spec"]["template"]["metadata"]["labels"].items()
    )
    assert budget["spec"]["minAvailable"] < scaler["spec"]["minReplicas"]
    assert app["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"]


def test_the_databases_are_those_of_compose() -> None:
    [databases] = [one for one in of_kind("ConfigMap") if one["metadata"]["name"] == "databases"]
    assert databases["data"]["databases.sql"] == (PROJECT / "deploy" / "databases.sql").read_text()
