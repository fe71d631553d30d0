from threading import Event

import pytest

from api.app import create_app
from api.auth import Keys, Scope
from api.project.project import Project
from api.refresh.starter import RefreshStarter
from api.server import refresh_project, worker_app
from metrics.errors import NoStore
from tests.api.northwind import NOW, write_definitions

BASE = "/api/v1/refresh"


class Work:
    """A refresh that runs until it is let go."""

    def __init__(self):
        self.begun, self.free, self.runs = Event(), Event(), 0

    def __call__(self):
        self.runs += 1
        self.begun.set()
        assert self.free.wait(30)


@pytest.fixture
def admin(fresh):
    _, text = Keys(fresh.store).create("operator", [Scope.ADMIN], NOW)
    return {"Authorization": f"Bearer {text}"}


def test_a_refresh_is_started_once(fresh, admin, tmp_path):
    work = Work()
    starter = RefreshStarter(work, tmp_path / "lock")
    client = create_app(fresh, now=lambda: NOW, refresh=starter).test_client()
    assert client.get(BASE).json["running"] is False
    answer = client.post(BASE, headers=admin)
    assert (answer.status_code, answer.json["running"]) == (202, True)
    assert work.begun.wait(30)
    assert client.get(BASE).json["running"] is True
    again = client.post(BASE, headers=admin)
    assert (again.status_code, again.json["detail"]) == (409, "Another refresh is running.")
    work.free.set()
    starter.wait()
    assert client.get(BASE).json["running"] is False
    assert work.runs == 1


def test_a_server_that_does_not_refresh_says_so(fresh, admin):
    client = create_app(fresh, now=lambda: NOW).test_client()
    answer = client.post(BASE, headers=admin)
    assert (answer.status_code, answer.json["detail"]) == (
        409,
        "This server does not refresh: run `scorecard refresh`.",
    )


def test_how_the_last_one_ended(client, fresh):
    assert client.get(BASE).json == {
        "running": False,
        "started_at": "2026-11-20T06:18:00+00:00",
        "finished_at": "2026-11-20T06:20:00+00:00",
        "ok": 10,
        "failed": 1,
    }
    none = create_app(fresh, now=lambda: NOW).test_client().get(BASE).json
    assert none == {"running": False, "started_at": None, "finished_at": None, "ok": None, "failed": None}


def test_no_refresh_begins_into_a_store_that_is_gone(tmp_path):
    write_definitions(tmp_path)
    project = Project.open(tmp_path)
    starter = RefreshStarter(lambda: refresh_project(project), tmp_path / "lock")
    client = create_app(project, now=lambda: NOW, refresh=starter).test_client()
    assert client.get("/readyz").status_code == 200
    _, text = Keys(project.store).create("operator", [Scope.ADMIN], NOW)
    for each in (tmp_path / ".scorecard").glob("store.db*"):
        each.unlink()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "unavailable", "store": "is gone"})
    answer = client.post(BASE, headers={"Authorization": f"Bearer {text}"})
    assert (answer.status_code, answer.json["detail"]) == (
        503,
        "The store is gone: whoever runs this server finds in its log what to do.",
    )
    assert not starter.run()
    with pytest.raises(NoStore):
        worker_app(tmp_path, anonymous=True, refresh=None)
    assert not list((tmp_path / ".scorecard").glob("store.db"))
    project.store.close()
