"""How /metrics answers 50 scrapes a second, idle and while the demo company is refreshed.

`scorecard serve` with two workers serves a copy of the demo company. Five readers, each on a schedule of its own,
begin a scrape every tenth of a second; one that is late begins at once. Latency is from the instant at which a
scrape was due, so that waiting counts. Every answer must be whole: it ends as an exposition does.
"""

from __future__ import annotations

import gzip
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from api.cli.demo import build

READERS, EVERY, IDLE_SECONDS = 5, 0.1, 20.0
HEADERS = {"Accept": "application/openmetrics-text", "Accept-Encoding": "gzip"}


def main() -> None:
    """Scrape an idle server, and one while everything is computed anew."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        assert build(root)
        server = _command(root, "serve", "--port", "0", "--workers", "2", stdout=subprocess.PIPE)
        assert server.stdout is not None
        try:
            address = next(word for line in server.stdout for word in line.split() if word.startswith("http"))
            print(f"first scrape of a worker: {_scrape(address):.2f} s")
            _measured("idle", address, lambda: time.sleep(IDLE_SECONDS))
            _measured("while a refresh runs", address, lambda: _refresh(root))
        finally:
            server.terminate()
            server.wait()


def _refresh(root: Path) -> None:
    done = _command(root, "refresh").wait()
    assert done in (0, 3), done


def _command(root: Path, *words: str, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "api.cli", "--project", str(root), *words]
    return subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ)
    )


def _scrape(address: str) -> float:
    """Scrape once; return the seconds that it took."""
    started = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(f"{address}/metrics", headers=HEADERS)) as answer:
        assert gzip.decompress(answer.read()).endswith(b"# EOF\n")
    return time.perf_counter() - started


def _measured(name: str, address: str, work: Callable[[], None]) -> None:
    """Scrape while something is done; print the rate and the latencies."""
    done, late = threading.Event(), list[float]()

    def reader(number: int) -> None:
        due = time.perf_counter() + number * EVERY / READERS
        while not done.wait(max(0.0, due - time.perf_counter())):
            _scrape(address)
            late.append(time.perf_counter() - due)
            due += EVERY

    readers = [threading.Thread(target=reader, args=(number,)) for number in range(READERS)]
    began = time.perf_counter()
    for each in readers:
        each.start()
    work()
    lasted = time.perf_counter() - began
    done.set()
    for each in readers:
        each.join()
    cuts = statistics.quantiles(late, n=100)
    print(
        f"{name}: {len(late) / lasted:.1f} scrapes a second over {lasted:.0f} s; from when it was due p50 "
        f"{cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, "
        f"longest {max(late) * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
