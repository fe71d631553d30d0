import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from api.auth import Keys, Scope
from api.guard import is_loopback
from api.project.project import Project
from api.server import refresh_project, require_key, worker_app
from metrics.errors import UsageError
from tests.api.northwind import FILES, NOW, write_definitions

ROOT = Path(__file__).parents[2]
DEADLINE = 120

SERVE = """
import sys
from pathlib import Path
from api.server import serve

def refresh(project):
    (project.root / "refreshed").write_text("yes")

serve(Path(sys.argv[1]), "127.0.0.1", 0, 1, refresh)
"""


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_hosts_of_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "scorecard.example.com", ""])
def test_hosts_that_others_reach(host):
    assert not is_loopback(host)


def test_others_are_let_near_only_with_a_key(fresh):
    require_key(fresh.store, "127.0.0.1")
    with pytest.raises(UsageError) as caught:
        require_key(fresh.store, "0.0.0.0")
    assert str(caught.value) == (
        "0.0.0.0 can be reached from other machines, and no API key is valid: make one with "
        "`scorecard keys create --name NAME --scope read`, or serve on 127.0.0.1"
    )
    key, _ = Keys(fresh.store).create("reader", [Scope.READ], NOW)
    require_key(fresh.store, "0.0.0.0")
    Keys(fresh.store).revoke(key.id, NOW)
    with pytest.raises(UsageError):
        require_key(fresh.store, "0.0.0.0")


def test_a_worker_has_a_store_of_its_own(fresh):
    Project.open(fresh.root).store.close()
    app = worker_app(fresh.root, anonymous=True, refresh=None)
    assert app.test_client().get("/readyz").status_code == 200
    assert app.extensions["scorecard"].refresh is None
    app.extensions["scorecard"].live.project.store.close()


def test_a_refresh_of_a_project_computes_all_of_it(tmp_path):
    write_definitions(tmp_path, {"company.yml": FILES["company.yml"]})
    project = Project.open(tmp_path)
    refresh_project(project)
    assert project.store.last_refresh().failed == 0
    project.store.close()


def fetch(address, method="GET", **headers):
    request = urllib.request.Request(address, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def wait_for(condition):
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def folder(tmp_path):
    write_definitions(tmp_path)
    with (tmp_path / "definitions/company.yml").open("a") as file:
        file.write('refresh: {cron: "15 3 * * *"}\n')
    with Project.open(tmp_path).store as store:
        _, text = Keys(store).create("operator", [Scope.ADMIN], NOW)
    return tmp_path, text


def children(process):
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in found.stdout.split()]


def runs(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_serves_refreshes_and_ends(folder):
    root, text = folder
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(root)], cwd=root, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        line = server.stdout.readline()
        match = re.fullmatch(r"serving on (http://127\.0\.0\.1:\d+)/\n", line)
        assert match, server.stderr.read() if server.poll() is not None else line
        address = match[1]
        assert json.loads(fetch(f"{address}/healthz")[1]) == {"status": "ok"}
        assert fetch(f"{address}/")[0] == 200
        assert fetch(f"{address}/metrics")[0] == 200
        assert fetch(f"{address}/", Host="evil.example")[0] == 400
        assert fetch(f"{address}/api/v1/refresh", "POST")[0] == 401
        assert fetch(f"{address}/api/v1/refresh", "POST", Authorization=f"Bearer {text}")[0] == 202
        wait_for((root / "refreshed").exists)
        # One worker and the scheduler.
        assert len(wait_for(lambda: children(server.pid) if len(children(server.pid)) == 2 else None)) == 2
        below = children(server.pid)
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=DEADLINE)
        assert (server.returncode, out, err) == (0, "", "")
        wait_for(lambda: not any(runs(process) for process in below))
    finally:
        if server.poll() is None:
            server.kill()
            server.communicate()
