"""The manifests: valid by Kubernetes' own schemas, and true to what the board is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml
from django.core.management import get_commands
from django.urls import resolve

from bookverse.management.commands.serve import DRAIN_S
from bookverse.probes import healthz, readyz
from bookverse.sweeper import STOP_WITHIN_S
from tests.quality.sources import files_under, text_of
from tests.quality.test_settings_documented import ONLY_FOR_MAKE_RUN, settings_in_readme

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "deploy/kubernetes/base/"
KUSTOMIZATION, EXAMPLE = f"{BASE}kustomization.yaml", f"{BASE}secret.example.yaml"
FILES = [path for path in files_under(BASE, ending=".yaml") if path != KUSTOMIZATION]


def documents_of(path: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text_of(path)))


def found(kind: str, name: str) -> dict[str, Any]:
    (one,) = (
        document
        for path in FILES
        for document in documents_of(path)
        if (document["kind"], document["metadata"]["name"]) == (kind, name)
    )
    return one


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = workload["spec"]["template"]["spec"]
    return pod


def container_of(name: str) -> dict[str, Any]:
    container: dict[str, Any] = pod_of(found("Deployment", name))["containers"][0]
    return container


def workloads() -> Iterator[dict[str, Any]]:
    return (document for path in FILES for document in documents_of(path) if document["kind"] in {"Deployment", "Job"})


WORKLOADS = [pytest.param(workload, id=workload["metadata"]["name"]) for workload in workloads()]


@pytest.mark.parametrize("path", FILES)
def test_each_manifest_is_valid_and_has_no_field_that_kubernetes_does_not_know(path: str) -> None:
    for document in documents_of(path):
        kubernetes_validate.validate(document, "1.37", strict=True)


def test_the_base_applies_every_manifest_but_the_example_of_the_secret() -> None:
    listed = {BASE + name for name in documents_of(KUSTOMIZATION)[0]["resources"]}

    assert listed == set(FILES) - {EXAMPLE}


def test_the_manifests_give_each_setting_of_a_deployment_once_and_no_other() -> None:
    open_ones, secret_ones = found("ConfigMap", "board")["data"], documents_of(EXAMPLE)[0]["stringData"]

    assert open_ones.keys() & secret_ones.keys() == set()
    assert open_ones.keys() | secret_ones.keys() == settings_in_readme() - ONLY_FOR_MAKE_RUN


def test_no_secret_is_kept_here() -> None:
    assert set(documents_of(EXAMPLE)[0]["stringData"].values()) == {""}
    assert [path for path in FILES for document in documents_of(path) if document["kind"] == "Secret"] == [EXAMPLE]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_process_runs_without_rights_on_a_file_system_that_it_cannot_change(workload: dict[str, Any]) -> None:
    pod = pod_of(workload)

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["envFrom"] == [{"configMapRef": {"name": "board"}}, {"secretRef": {"name": "board"}}]
        assert container["resources"].keys() == {"requests", "limits"}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_process_runs_a_command_that_exists(workload: dict[str, Any]) -> None:
    pod = pod_of(workload)

    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        match container["command"]:
            case ["python", "manage.py", command, *_]:
                assert command in get_commands()
            case command:
                assert command[:4] in (["celery", "-A", "bookverse", "worker"], ["celery", "-A", "bookverse", "beat"])


@pytest.mark.parametrize("name", ["board-web", "board-worker", "board-beat"])
def test_nothing_starts_before_the_schema_is_there(name: str) -> None:
    (waiting,) = pod_of(found("Deployment", name))["initContainers"]

    assert waiting["command"] == ["python", "manage.py", "migrate", "--check"]


@pytest.mark.parametrize(
    ("probe", "view"), [("startupProbe", healthz), ("livenessProbe", healthz), ("readinessProbe", readyz)]
)
def test_the_probes_ask_routes_that_exist_by_a_host_that_is_allowed(probe: str, view: object) -> None:
    web = container_of("board-web")
    asked = web[probe]["httpGet"]
    (host,) = (header["value"] for header in asked["httpHeaders"])

    assert resolve(asked["path"]).func is view
    assert asked["port"] in {port["name"] for port in web["ports"]}
    assert host in found("ConfigMap", "board")["data"]["ALLOWED_HOSTS"].split(",")


def test_the_ways_in_lead_to_the_port_that_the_board_listens_on() -> None:
    web = container_of("board-web")
    (port,) = web["ports"]
    (service_port,) = found("Service", "board")["spec"]["ports"]
    (rule,) = found("Ingress", "board")["spec"]["rules"]
    (way_in,) = found("NetworkPolicy", "board-web")["spec"]["ingress"]

    assert web["command"][-1] == f"0.0.0.0:{port['containerPort']}"
    assert f"EXPOSE {port['containerPort']}\n" in text_of("deploy/Dockerfile")
    assert service_port["targetPort"] == port["name"] == way_in["ports"][0]["port"]
    assert rule["http"]["paths"][0]["backend"] == {"service": {"name": "board", "port": {"name": service_port["name"]}}}
    assert found("ConfigMap", "board")["data"]["SITE_URL"] == f"https://{rule['host']}"


def test_a_board_that_is_told_to_stop_has_the_time_that_it_takes() -> None:
    notice = float(found("ConfigMap", "board")["data"]["STOP_NOTICE_S"])
    needed = notice + DRAIN_S + STOP_WITHIN_S

    assert needed <= 30
    for name in ("board-web", "board-worker", "board-beat"):
        assert pod_of(found("Deployment", name))["terminationGracePeriodSeconds"] > needed


def test_a_second_beat_is_never_started_beside_the_first() -> None:
    spec = found("Deployment", "board-beat")["spec"]

    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


@pytest.mark.parametrize("name", ["board-web", "board-worker"])
def test_a_new_version_replaces_one_pod_at_a_time(name: str) -> None:
    assert found("Deployment", name)["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1},
    }


def test_web_grows_from_three_to_ten_pods_that_are_seven_tenths_busy() -> None:
    spec = found("HorizontalPodAutoscaler", "board-web")["spec"]

    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 10)
    assert spec["scaleTargetRef"]["name"] == found("Deployment", "board-web")["metadata"]["name"]
    assert spec["metrics"][0]["resource"] == {
        "name": "cpu",
        "target": {"type": "Utilization", "averageUtilization": 70},
    }
    assert "replicas" not in found("Deployment", "board-web")["spec"]


def test_what_no_policy_allows_neither_comes_in_nor_goes_out() -> None:
    assert found("NetworkPolicy", "board-nothing-else")["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
