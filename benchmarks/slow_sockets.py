"""Ask a server 50 times a second, first alone and then beside 500 slow sockets; how late are the answers?

`python -m benchmarks.slow_sockets [seconds] [sockets]` starts `scorecard serve` on the demo company's folder given in
SCORECARD_DEMO (made where there is none). Half of the slow sockets send a byte of a request's head each second, half
a byte of its body; one that is closed comes again. Nothing is asserted; the ratio of the two p99 is the figure.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

RATE = 50
PATHS = ("/healthz", "/api/v1/scorecards", "/readyz", "/api/v1/refresh")
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 2000
BODY = b"POST /prometheus/api/v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n"


def main() -> None:
    """Measure idle and beside slow sockets, in turn, and print both with their ratio."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    sockets = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    with served() as address:
        measure(address, 3.0)
        ratios = []
        for _ in range(3):
            idle = measure(address, seconds)
            with slow(address, sockets):
                beside = measure(address, seconds)
            ratios.append(beside.p99 / idle.p99)
            print(f"idle {idle}; beside {sockets} slow sockets {beside}; ratio of p99 {ratios[-1]:.2f}")
        print(f"median ratio of p99: {statistics.median(ratios):.2f}")


class Times:
    """The seconds that answers took from when they were due, and how many failed."""

    def __init__(self, taken: list[float], failed: int) -> None:
        ordered = sorted(taken) or [float("inf")]
        self.p50, self.p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        self.failed = failed

    def __str__(self) -> str:
        return f"p50 {self.p50 * 1000:.1f} ms, p99 {self.p99 * 1000:.1f} ms, {self.failed} failed"


def measure(address: str, seconds: float) -> Times:
    """Ask at a steady rate, each request when it is due, whatever became of those before it."""
    return asyncio.run(_measure(address, seconds))


async def _measure(address: str, seconds: float) -> Times:
    taken: list[float] = []
    failed = 0
    started = time.perf_counter()

    async def ask(number: int) -> None:
        nonlocal failed
        due = started + number / RATE
        await asyncio.sleep(due - time.perf_counter())
        try:
            status = await asyncio.wait_for(_get(address, PATHS[number % len(PATHS)]), 15)
        except (OSError, TimeoutError, IndexError):
            status = 0
        if status == 200:
            taken.append(time.perf_counter() - due)
        else:
            failed += 1

    await asyncio.gather(*(ask(number) for number in range(int(seconds * RATE))))
    return Times(taken, failed)


async def _get(address: str, path: str) -> int:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read(-1)
        return int(answer.split(b" ", 2)[1])
    finally:
        writer.close()


@contextlib.contextmanager
def slow(address: str, sockets: int) -> Iterator[None]:
    """Keep slow sockets open, in a process of their own."""
    process = multiprocessing.get_context("spawn").Process(
        target=_keep_slow, args=(address, sockets), daemon=True
    )
    process.start()
    time.sleep(3)
    try:
        yield
    finally:
        process.kill()
        process.join()


def _keep_slow(address: str, sockets: int) -> None:
    asyncio.run(_all_slow(address, sockets))


async def _all_slow(address: str, sockets: int) -> None:
    # Not all in the same instant of each second: nobody who is slow waits for the others.
    await asyncio.gather(*(_slow(address, number, number / sockets) for number in range(sockets)))


async def _slow(address: str, number: int, after: float) -> None:
    parts = urlsplit(address)
    await asyncio.sleep(after)
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                if number % 2:
                    writer.write(BODY)
                for place in range(4000):
                    writer.write(HEAD[place : place + 1] if number % 2 == 0 else b"x")
                    await writer.drain()
                    await asyncio.sleep(1)
                    if reader.at_eof():
                        break
            finally:
                writer.close()
        await asyncio.sleep(1)


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Serve the demo company by the program itself, or use the server at SCORECARD_ADDRESS."""
    given = os.environ.get("SCORECARD_ADDRESS")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as made:
        folder = os.environ.get("SCORECARD_DEMO") or str(Path(made) / "demo")
        program = [sys.executable, "-m", "api.cli"]
        if not Path(folder).exists():
            subprocess.run([*program, "demo", folder, "--no-serve"], check=True, stdout=subprocess.DEVNULL)
        command = [*program, "serve", "--project", folder, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1].rstrip("/")
            try:
                yield address
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
