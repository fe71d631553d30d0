"""Ask a server 50 times a second while it is refreshed, restarted and killed: is any value wrong, does memory stay?

`python -m benchmarks.soak [minutes]`. The company is that of `tests/crash`: its data alternate between two states, so
that whatever a metric answers is known to the last digit, and is that of one state, whole. A round refreshes by the
command or by `POST /api/v1/refresh`; every third one is killed in its midst and done again, by turns the command, a
worker, the server as a whole, and every twelfth round ends with a restart. An answer between two refreshes has to be
that of the last one. At the end the store is read as `tests/crash` reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from metrics.store.store import Store
from tests.crash.company import FILES as COMPANY
from tests.crash.company import fill, show
from tests.crash.held import held

MINUTES = 60.0
RATE = 50
MOST = 64
"""How many may wait for an answer at once: a machine that is busy otherwise is asked less often, and it is said."""
PAUSE = 5.0
"""Seconds between two refreshes, in which only one state's answers are right."""
GRACE = 3.0
"""How long after a kill or restart a connection may have been cut off or refused."""
FILES = COMPANY | {"company.yml": COMPANY["company.yml"] + "departments: {sales: {label: Sales}}\n"}
VALUES = tuple(
    f"/api/v1/metrics/{metric}/observations?from=2026-01-01&to=2026-02-01&grain={grain}{by}"
    for metric, by in (
        ("revenue", ""),
        ("revenue", "&by=channel"),
        ("orders_taken", "&by=channel"),
        ("order_value", ""),
    )
    for grain in ("month", "day")
)
"""Each of these is other in one state of the data than in the other."""
CHEAP = ("/metrics", "/healthz", "/readyz", "/metrics", "/api/v1/refresh", "/healthz", "/readyz")
OTHERS = (*CHEAP, "/catalogue", *CHEAP, "/catalogue/revenue")
"""What is asked beside values, one of these after each of those."""
PROGRAM = (sys.executable, "-m", "api.cli")


def main() -> None:
    """Run for so many minutes, and print what was found."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    with tempfile.TemporaryDirectory() as name:
        soak = Soak(Path(name))
        try:
            asyncio.run(soak.run(minutes * 60))
        finally:
            soak.server.kill()
            print(soak.told())


class Server:
    """`scorecard serve` with two workers, on one port through all its lives."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.port = 0
        self.lives = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and wait until its port listens."""
        self._process = await asyncio.create_subprocess_exec(
            *PROGRAM, "serve", "--project", str(self._root), "--port", str(self.port), "--workers", "2",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout is not None
        said = await self._process.stdout.readline()
        self.port = int(said.decode().rstrip("/\n").rpartition(":")[2])
        self.lives += 1

    async def end(self, how: signal.Signals) -> None:
        """End it: asked to, or killed with all its processes."""
        assert self._process is not None
        children = self.children if how is signal.SIGKILL else []
        self._process.send_signal(how)
        for child in children:
            _kill(child)
        await self._process.wait()

    def kill(self) -> None:
        """Leave nothing behind, whatever the benchmark has met."""
        if self._process is not None and self._process.returncode is None:
            for child in (*self.children, self._process.pid):
                _kill(child)

    @property
    def children(self) -> list[int]:
        """Return its processes, the oldest worker first."""
        assert self._process is not None
        pid = self._process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_worker(self) -> None:
        """Kill the youngest of its processes; the oldest worker lives on, and shows its memory."""
        _kill(self.children[-1])

    @property
    def megabytes(self) -> float:
        """Return what the oldest worker holds in memory."""
        lines = Path(f"/proc/{self.children[0]}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


@dataclass
class Soak:
    """The company, who asks, who disturbs, and what was found."""

    folder: Path
    found: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    memory: list[list[float]] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(20260401))

    def __post_init__(self) -> None:
        self.root, self.states = self.folder / "company", self.folder / "states"
        fill(self.states)
        for path, text in FILES.items():
            file = self.root / "definitions" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        self.server = Server(self.root)
        self.right: dict[str, tuple[Any, Any]] = {}
        self.round = 0
        self.settled: int | None = None
        """The number of the round whose answers alone are right now; None while a refresh may run."""
        self._disturbed = 0.0
        self._ended = False

    async def run(self, seconds: float) -> None:
        """Learn both states' answers, then ask and disturb for so long, and look at the store."""
        await self._prepare()
        began = time.perf_counter()
        asking = asyncio.create_task(self._ask_on(began))
        watching = asyncio.create_task(self._watch())
        while time.perf_counter() - began < seconds:
            await self._one_round()
            if self.round % 30 == 0:
                self.found["seconds"] = round(time.perf_counter() - began)
                print(self.told(), end="\n\n", flush=True)
        self._ended = True
        await asking
        watching.cancel()
        self.found["seconds"] = round(time.perf_counter() - began)
        await self.server.end(signal.SIGTERM)
        with Store.open(f"sqlite:///{self.root / '.scorecard' / 'store.db'}") as store:
            self.wrong += [f"the store: {line}" for line in held(store).wrong]

    async def _prepare(self) -> None:
        """Refresh in each state, and note what is right then."""
        seen: list[dict[str, Any]] = []
        for _ in range(2):
            self._next()
            assert await self._command() == 0
            if not seen:
                said = await self._output("keys", "create", "--name", "soak", "--scope", "admin", "--json")
                self.key = json.loads(said)["key"]
                await self.server.start()
            seen.append({address: _values((await self._get(address))[1]) for address in VALUES})
        self.right = {address: (seen[1][address], seen[0][address]) for address in VALUES}
        assert all(one != two for one, two in self.right.values()), "the two states answer alike"
        self.settled = self.round

    def _next(self) -> None:
        self.round += 1
        show(self.root, self.states, self.round)

    async def _one_round(self) -> None:
        await asyncio.sleep(PAUSE)
        self.settled = None
        self._next()
        if self.round % 3 == 0:
            await self._killed()
        await self._refreshed()
        self.settled = self.round
        if self.round % 12 == 0:
            await self._restarted(signal.SIGTERM, "restarts")

    async def _refreshed(self) -> None:
        """Refresh to the end, by the command and by the server in turn."""
        if self.round % 2:
            while await self._command() != 0:
                # The server's own, which was begun before a kill, may still run.
                await asyncio.sleep(0.5)
        else:
            await self._begin()
            await self._idle()
        self.found["refreshes"] += 1

    async def _begin(self) -> None:
        """Let the server refresh; wait where another still does."""
        while True:
            try:
                status, _ = await self._get("/api/v1/refresh", "POST")
            except (OSError, IndexError):
                status = 0
            if status == 202:
                return
            await asyncio.sleep(0.5)

    async def _killed(self) -> None:
        """Begin a refresh and kill it: the command, the worker or the server that it runs in."""
        victim = ("command", "worker", "server")[self.round // 3 % 3]
        if victim == "command":
            process = await self._process("refresh")
            await asyncio.sleep(self.chance.uniform(0.3, 2.5))
            if process.returncode is None:
                process.kill()
            await process.wait()
        else:
            await self._begin()
            await asyncio.sleep(self.chance.uniform(0, 0.3))
            if victim == "server":
                await self._restarted(signal.SIGKILL, "servers killed")
                return
            self.server.kill_worker()
            self._disturbed = time.perf_counter()
            # A refresh of the worker that lives on is let come to its end.
            await asyncio.sleep(1)
            await self._idle()
        self.found[f"{victim}s killed"] += 1

    async def _idle(self) -> None:
        """Wait until no refresh runs."""
        running = True
        while running:
            await asyncio.sleep(0.2)
            with contextlib.suppress(OSError, IndexError):
                running = json.loads((await self._get("/api/v1/refresh"))[1])["running"]

    async def _restarted(self, how: signal.Signals, name: str) -> None:
        self._disturbed = float("inf")
        await self.server.end(how)
        await self.server.start()
        self.memory.append([])
        self._disturbed = time.perf_counter()
        self.found[name] += 1

    async def _watch(self) -> None:
        """Note every five seconds how much memory the oldest worker holds."""
        self.memory.append([])
        while True:
            await asyncio.sleep(5)
            try:
                self.memory[-1].append(self.server.megabytes)
            except (OSError, IndexError):
                continue

    async def _ask_on(self, began: float) -> None:
        asked: set[asyncio.Task[None]] = set()
        addresses = [each for pair in zip((*VALUES, *VALUES), OTHERS, strict=True) for each in pair]
        for number in count():
            await asyncio.sleep(began + number / RATE - time.perf_counter())
            if self._ended:
                break
            asked.add(asyncio.create_task(self._ask(addresses[number % len(addresses)])))
            asked = {each for each in asked if not each.done()}
            if len(asked) >= MOST:
                self.found["times that too many waited"] += 1
                await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*asked)

    async def _ask(self, address: str) -> None:
        settled, began = self.settled, time.perf_counter()
        try:
            status, body = await asyncio.wait_for(self._get(address), 30)
        except (OSError, TimeoutError, IndexError, ValueError):
            status, body = 0, b""
        ended = time.perf_counter()
        self.found["asked"] += 1
        if status != 200:
            near = began - GRACE < self._disturbed or self._disturbed > ended - GRACE
            self.found["cut off by a kill or restart" if near and not status else "failed"] += 1
            if not near or status:
                self.wrong.append(f"{address}: status {status} after {ended - began:.1f} s")
            return
        self.taken.append(ended - began)
        if address in self.right:
            self._compare(address, _values(body), settled if settled == self.settled else None)

    def _compare(self, address: str, values: Any, settled: int | None) -> None:
        states = self.right[address]
        right = states if settled is None else (states[settled % 2],)
        self.found["compared"] += 1
        self.found["compared with one state alone"] += settled is not None
        if values not in right:
            self.wrong.append(f"{address}: round {self.round}, settled {settled}: {values}")

    async def _get(self, address: str, method: str = "GET") -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            writer.write(
                f"{method} {address} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.key}\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\ncontent-length: *([0-9]+)", head)
            if length is None or int(length[1]) != len(body):
                raise ConnectionError("the answer broke off")
            return int(head.split(b" ", 2)[1]), body
        finally:
            writer.close()

    async def _process(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *PROGRAM, *words, "--project", str(self.root),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def _command(self) -> int:
        process = await self._process("refresh")
        await process.communicate()
        assert process.returncode is not None
        return process.returncode

    async def _output(self, *words: str) -> bytes:
        said, _ = await (await self._process(*words)).communicate()
        return said

    def told(self) -> str:
        """Return what was found, in lines."""
        ordered = sorted(self.taken) or [float("nan")]
        counted = ", ".join(f"{number:,} {name}" for name, number in sorted(self.found.items()))
        lines = [
            f"{counted}; {len(self.wrong)} wrong",
            f"answers: p50 {ordered[len(ordered) // 2] * 1000:.1f} ms, p99 "
            f"{ordered[int(len(ordered) * 0.99)] * 1000:.1f} ms, longest {ordered[-1]:.2f} s",
        ]
        for life in self.memory:
            if len(life) >= 24:
                told = " ".join(f"{each:.1f}" for each in life[:: max(1, len(life) // 10)])
                lines.append(f"a worker's memory over {len(life) * 5 / 60:.0f} minutes, MB: {told}")
        return "\n".join([*lines, *self.wrong[:20]])


def _values(body: bytes) -> Any:
    """Return what an answer says: of which period and segment which value, in which state."""
    return [
        (each["period"], each["dimensions"], each["value"], each["state"])
        for each in json.loads(body)["items"]
    ]


if __name__ == "__main__":
    main()
