"""Real servers for tests: our app on loopback in a thread, and a Prometheus that reads it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

DEADLINE = 60


def need(program: str, package: str = "prometheus") -> str:
    """Return the path of a program of a Debian package; skip the test without it, fail it where CI=true."""
    found = shutil.which(program)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing: install Debian's package {package}")
        pytest.skip(f"{program} is not installed")
    return found


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an app in threads of this process; yield its address, host:port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
scrape_configs:
  - job_name: scorecard
    honor_labels: {honor}
    static_configs: [{{targets: ["{target}"], labels: {labels}}}]
"""
REMOTE = """\
remote_read:
  - url: http://{target}/prometheus/api/v1/read
    read_recent: true
    required_matchers: {{vintage: current}}
  - url: http://{target}/prometheus/api/v1/read
    read_recent: true
    required_matchers: {{vintage: first}}
"""


class Prometheus:
    """A running Prometheus."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **query: Any) -> Any:
        """Return the data of an API answer; raise AssertionError with Prometheus' own words."""
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(query, doseq=True)}"
        try:
            with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{query}: {error.read().decode()}") from error
        assert not said.get("warnings"), said["warnings"]
        return said["data"]

    def instant(self, query: str, at: float) -> dict[tuple[tuple[str, str], ...], float]:
        """Evaluate at one instant (seconds); return values by labels."""
        data = self.get("query", query=query, time=at)
        assert data["resultType"] == "vector", data
        return {_labels(one["metric"]): float(one["value"][1]) for one in data["result"]}

    def range(
        self, query: str, start: float, end: float, step: float
    ) -> dict[Any, list[tuple[float, float]]]:
        """Evaluate at steps; return (instant, value) pairs by labels."""
        data = self.get("query_range", query=query, start=start, end=end, step=step)
        return {
            _labels(one["metric"]): [(float(at), float(value)) for at, value in one["values"]]
            for one in data["result"]
        }


def _labels(metric: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(metric.items()))


@contextmanager
def prometheus(
    folder: Path,
    target: str,
    more: str = "",
    *,
    remote: bool = True,
    retention: str = "15d",
    labels: Mapping[str, str] = MappingProxyType({}),
    honor: bool = True,
) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes a server and reads its history; `more` is added to its configuration.

    `labels` are those of the target; `honor` leaves the server's own as they are.
    """
    program, port = need("prometheus"), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "prometheus.yml"
    said = (CONFIG + (REMOTE if remote else "")).format(
        target=target, labels=json.dumps(dict(labels)), honor=json.dumps(honor)
    )
    config.write_text(said + more)
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--storage.tsdb.retention.time={retention}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
        try:
            yield Prometheus(_ready(f"127.0.0.1:{port}", process, folder / "prometheus.log"))
        finally:
            process.terminate()
            process.wait(timeout=DEADLINE)


def _ready(address: str, process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{address}/-/ready", timeout=5):
                return address
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())
