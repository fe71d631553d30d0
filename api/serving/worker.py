"""A worker process: one loop that reads and writes for every connection, and threads that only ever compute.

The processes are gunicorn's: it starts, watches, reloads and ends them. What comes over their connections is
waitress': it reads a request to its end before it asks for a thread, and sends an answer after the thread is free.
"""

from __future__ import annotations

import logging
import os
import resource
import socket
import time
from typing import Any

from gunicorn.workers.base import Worker
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from api.serving.channel import MOST_BODY, MOST_HEAD, Channel
from api.serving.loop import Places

MOST_CONNECTIONS = 4000
_APART = frozenset({"/healthz", "/readyz"})
_LOOP_SECONDS = 0.5


class Server(TcpWSGIServer):  # type: ignore[misc]
    """The loop's view of one listening socket."""

    channel_class = Channel

    def __init__(self, application: Any, listening: socket.socket, threads: int, places: Places) -> None:
        self._apart: dict[str, Any] = {path: _threads(1) for path in _APART}
        adjusted = Adjustments(
            sockets=[listening], connection_limit=MOST_CONNECTIONS, cleanup_interval=1, ident=None,
            max_request_body_size=MOST_BODY + 1, max_request_header_size=MOST_HEAD, log_socket_errors=False,
            server_name="localhost",
            # In memory, where requests and answers lie anyway: a full disk stops nobody who reads.
            inbuf_overflow=2 * MOST_BODY, outbuf_overflow=1 << 30,
        )  # fmt: skip
        super().__init__(
            application, places, True, listening, dispatcher=_threads(threads), adj=adjusted, bind_socket=False,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
        )  # fmt: skip

    def add_task(self, task: Channel) -> None:
        """Let a thread answer a request; whether the server is well is answered beside all work."""
        request = task.requests[0]
        (self._apart.get(request.path) or self.task_dispatcher).add_task(task)

    def maintenance(self, now: float) -> None:
        """Look at the deadlines of every connection; called each second."""
        for channel in tuple(self.active_channels.values()):
            channel.look(time.monotonic())
            # Of five hundred that merely wait nothing else is asked.
            if channel.restless:
                self._map.ask_again(channel._fileno)

    @property
    def busy(self) -> bool:
        """Tell whether a request is being answered."""
        return any(channel.requests or channel.total_outbufs_len for channel in self.active_channels.values())

    def deafen(self) -> None:
        """Take no more connections, and close those on which nothing is asked."""
        self.accepting = False
        for place in tuple(self._map):
            self._map.ask_again(place)
        for channel in tuple(self.active_channels.values()):
            channel.will_close |= not channel.requests and not channel.total_outbufs_len


def _threads(count: int) -> ThreadedTaskDispatcher:
    made = ThreadedTaskDispatcher()
    made.set_thread_count(count)
    return made


class LoopWorker(Worker):  # type: ignore[misc]
    """gunicorn's worker around the loop."""

    def run(self) -> None:
        """Serve until told to stop, then answer what was begun."""
        # A queue says nothing to whoever reads the log: how long answers take does.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        _allow_connections()
        places = Places()
        servers = [Server(self.wsgi, each.sock, self.cfg.threads, places) for each in self.sockets]
        while self.alive and os.getppid() == self.ppid:
            self._turn(places)
        deadline = time.monotonic() + self.cfg.graceful_timeout
        for server in servers:
            server.deafen()
        while any(server.busy for server in servers) and time.monotonic() < deadline:
            for server in servers:
                server.deafen()
            self._turn(places)

    def _turn(self, places: Places) -> None:
        self.notify()
        places.turn(_LOOP_SECONDS)


def _allow_connections() -> None:
    """Let the process hold as many files as it may have connections, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 200
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
