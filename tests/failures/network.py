"""Servers that fail in the ways that servers fail: closed, silent, slow, cut off, stuck."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 4096


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Proxy:
    """Passes bytes between clients and a server; what it does to the server's answers can be changed.

    An answer is what the server says between two words of the client. `late` is how many seconds each
    answer waits; `cut` and `stall` are how many bytes of one answer go through before the connection is
    closed, or falls silent. `heard` is called whenever a client comes.
    """

    target: int
    port: int = 0
    late: float = 0.0
    cut: int | None = None
    stall: int | None = None
    silent: bool = False
    connections: int = 0
    heard: Callable[[], None] = lambda: None
    _open: list[socket.socket] = field(default_factory=list)

    def behave(self, **how: float | bool | None) -> None:
        """Fail like this from now on, for connections that are open too; by default not at all."""
        for name, usual in (("late", 0.0), ("cut", None), ("stall", None), ("silent", False)):
            setattr(self, name, how.get(name, usual))

    def serve(self, listener: socket.socket) -> None:
        """Accept connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self.connections += 1
                self.heard()
                self._open.append(client)
                if not self.silent:
                    self._join(client)

    def _join(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.target))
        self._open.append(server)
        spoken = [0]
        for pump in (self._ask, self._answer):
            threading.Thread(target=pump, args=(client, server, spoken), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, spoken: list[int]) -> None:
        with suppress(OSError):
            while said := client.recv(_CHUNK):
                spoken[0] = 0
                server.sendall(said)
        _close(client, server)

    def _answer(self, client: socket.socket, server: socket.socket, spoken: list[int]) -> None:
        with suppress(OSError):
            while said := server.recv(_CHUNK):
                if not spoken[0]:
                    time.sleep(self.late)
                spoken[0] += len(said)
                if self.cut is not None and spoken[0] > self.cut:
                    break
                if self.stall is None or spoken[0] <= self.stall:
                    client.sendall(said)
        _close(client, server)

    def close(self) -> None:
        """Close every connection."""
        _close(*self._open)


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """Run a proxy before the server on a port, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Proxy(target, listener.getsockname()[1])
        threading.Thread(target=made.serve, args=(listener,), daemon=True).start()
        try:
            yield made
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            made.close()
