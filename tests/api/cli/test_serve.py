import socket

import pytest

from tests.api.cli.shop import lines, run


@pytest.fixture
def served(monkeypatch):
    """Return what the server is called with instead of serving."""
    calls = []

    def serve(root, host, port, workers, *, roots, preview, announce):
        calls.append((root, host, port, workers))
        announce(f"serving on http://{host}:{port}/\n")

    monkeypatch.setattr("api.server.serve", serve)
    return calls


@pytest.fixture
def port():
    """Return a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_project_is_served_and_says_where(shop, served, port):
    done = run(shop, "serve", "--port", str(port), "--workers", "3")
    assert done.exit_code == 0
    assert served == [(shop.resolve(), "127.0.0.1", port, 3)]
    assert lines(done.stdout) == [
        f"Page: http://127.0.0.1:{port}/",
        f"Prometheus: http://127.0.0.1:{port}/metrics",
    ]
    assert done.stderr == "Stop with Ctrl-C.\n"


def test_a_port_that_is_taken_is_refused(shop, served):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        done = run(shop, "serve", "--port", str(taken))
    assert (done.exit_code, served) == (2, [])
    assert done.stderr.endswith(
        f"Error: cannot listen on 127.0.0.1:{taken} (Address already in use): choose another with --port\n"
    )


def test_another_host_needs_a_key(shop):
    done = run(shop, "serve", "--host", "0.0.0.0", "--port", "0")
    assert done.exit_code == 2
    assert done.stderr.startswith("0.0.0.0 can be reached from other machines, and no API key is valid")
