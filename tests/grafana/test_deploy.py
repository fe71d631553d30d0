"""The files in deploy/ keep their promises: not root, a read-only root, probes that ask no source."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.prometheus.servers import need

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCS = (ROOT / "docs" / "grafana.md").read_text(encoding="utf-8")


def documents(name):
    return list(YAML(typ="safe").load_all((DEPLOY / name).read_text(encoding="utf-8")))


def pods():
    for name in ("kubernetes/scorecard.yml", "kubernetes/key.yml"):
        for one in documents(name):
            if one["kind"] in ("Deployment", "Job"):
                yield one["spec"]["template"]["spec"]


def test_every_pod_is_locked_down():
    found = list(pods())
    assert len(found) == 2
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {"readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
                                                    "allowPrivilegeEscalation": False}  # fmt: skip
            assert {mount["mountPath"] for mount in container["volumeMounts"]} == {
                "/project/.scorecard",
                "/tmp",
            }


def test_probes_ask_no_source():
    (container,) = next(pods())["containers"]
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert container["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}


def test_the_monitor_finds_the_service_s_port():
    service = next(one for one in documents("kubernetes/scorecard.yml") if one["kind"] == "Service")
    monitor, prometheus = documents("kubernetes/monitoring.yml")
    assert monitor["kind"] == "ServiceMonitor"
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert monitor["spec"]["endpoints"][0]["honorLabels"] is True
    (compose,) = documents("compose/prometheus.yml")
    assert [job["honor_labels"] for job in compose["scrape_configs"]] == [True]
    vintages = [read["requiredMatchers"]["vintage"] for read in prometheus["spec"]["remoteRead"]]
    assert vintages == ["current", "first"]


def test_every_service_that_runs_on_is_locked_down():
    (compose,) = documents("compose/compose.yml")
    running = {name: one for name, one in compose["services"].items() if name != "owner"}
    assert set(running) == {"keys", "scorecard", "prometheus", "alertmanager", "grafana"}
    for one in running.values():
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert not one["user"].startswith("0")
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ()))
    assert "/healthz" in running["scorecard"]["healthcheck"]["test"][-1]
    volumes = [volume for one in running.values() for volume in one["volumes"]]
    for source in (volume.split(":")[0] for volume in volumes if volume.startswith(".")):
        assert (DEPLOY / "compose" / source).exists() or source == "./project", source


def test_the_dashboards_are_mounted_where_their_providers_look():
    (compose,) = documents("compose/compose.yml")
    (mount,) = [each for each in compose["services"]["grafana"]["volumes"] if "/dashboards:" in each]
    (provisioned,) = documents("demo/provisioning/dashboards/scorecard.yml")
    for provider in provisioned["providers"]:
        source, target, _ = mount.split(":")
        assert provider["options"]["path"].startswith(f"{target}/")
        folder = DEPLOY / "compose" / source / provider["options"]["path"].removeprefix(f"{target}/")
        assert list(folder.glob("*.json"))


@pytest.mark.prometheus
def test_promtool_takes_the_configuration():
    command = [
        need("promtool"),
        "check",
        "config",
        "--syntax-only",
        str(DEPLOY / "compose" / "prometheus.yml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_does_not_run_as_root():
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert users == ["10001:10001"]


def test_the_examples_in_the_docs_are_json():
    blocks = re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
    assert len(blocks) == 2
    source, panel = (json.loads(block) for block in blocks)
    assert source["datasources"][0]["uid"] == panel["datasource"]["uid"]
