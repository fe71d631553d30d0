"""One connection: its request has to come whole in time, and an error is a problem document here too."""

from __future__ import annotations

import socket
import time
from typing import Any

import orjson
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask
from waitress.utilities import BadRequest, Error, RequestHeaderFieldsTooLarge

from api.problem import MEDIA_TYPE

MOST_BODY = 1 << 20
MOST_HEAD = 32 << 10
MOST_LINE = 8 << 10
HEAD_SECONDS = 10.0
WHOLE_SECONDS = 30.0
IDLE_SECONDS = 75.0
SEND_SECONDS = 30.0
LINGER_SECONDS = 20.0
"""How long what a refused client still sends is read and thrown away, so that it gets to read its answer."""


class TooSlow(Error):  # type: ignore[misc]
    """The request did not come whole in time."""

    code, reason = 408, "Request Timeout"


class TooLong(BadRequest):  # type: ignore[misc]
    """The first line is longer than any address of ours."""

    code, reason = 414, "URI Too Long"


_WORDS = {
    408: f"The request did not come whole within {HEAD_SECONDS:.0f} seconds for its head and "
    f"{WHOLE_SECONDS:.0f} for all of it.",
    413: f"The body is larger than {MOST_BODY:,} bytes.",
    414: f"The address is longer than {MOST_LINE:,} bytes.",
    431: f"The head of the request is larger than {MOST_HEAD:,} bytes.",
    500: "The server encountered an internal error and was unable to complete your request.",
}


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """A request as it comes; what is refused is refused at once."""

    path = ""

    def received(self, data: bytes) -> int:
        """Take what came; return how much of it belonged to this request."""
        taken: int = super().received(data)
        line = getattr(self, "first_line", self.header_plus.partition(b"\r\n")[0])
        if isinstance(self.error, RequestHeaderFieldsTooLarge) or not self.headers_finished:
            line = (self.header_plus + data).partition(b"\r\n")[0]
        if len(line) > MOST_LINE:
            self.refuse(TooLong(""))
        if self.error is not None:
            # Who is refused is not asked for the body first.
            self.expect_continue = False
        return taken

    def refuse(self, error: Error) -> None:
        """End the request by an error."""
        self.error, self.completed, self.connection_close = error, True, True


class ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what could not be read as a request."""

    def execute(self) -> None:
        """Write the problem, and close the connection."""
        error = self.request.error
        body = orjson.dumps(problem_of(error))
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", MEDIA_TYPE), ("X-Content-Type-Options", "nosniff")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def problem_of(error: Error) -> dict[str, Any]:
    """Return the problem document of an error of HTTP itself."""
    detail = _WORDS.get(error.code) or f"The request cannot be read: {str(error.body).rstrip('.')}."
    return {"type": "about:blank", "title": error.reason, "status": error.code, "detail": detail}


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection with deadlines."""

    parser_class = Parser
    error_task_class = ProblemTask
    request: Parser | None

    def __init__(self, *given: Any, **named: Any) -> None:
        self.began: float | None = time.monotonic()
        """Since when a request is waited for that has begun, or the first one of the connection."""
        self.moved = time.monotonic()
        self._refused = False
        self._lingers_until: float | None = None
        super().__init__(*given, **named)

    def received(self, data: bytes) -> bool:
        """Take what came, and note when the request in it began."""
        self.moved = time.monotonic()
        if self.began is None:
            self.began = self.moved
        taken: bool = super().received(data)
        if self.request is None:
            self.began = None
        if any(request.error for request in self.requests):
            self._refused = True
        return taken

    def look(self, now: float) -> None:
        """Close or refuse what has taken too long."""
        if self._lingers_until is not None:
            if now > self._lingers_until:
                self.will_close = True
        elif self.requests:
            # A thread is at work; where it waits for the client to read, that is below.
            self._look_at_sending(now)
        elif self.total_outbufs_len:
            self._look_at_sending(now)
        elif self.began is None:
            self.will_close |= now - self.moved > IDLE_SECONDS
        elif self.request is None:
            self.will_close |= now - self.began > HEAD_SECONDS
        elif now - self.began > (WHOLE_SECONDS if self.request.headers_finished else HEAD_SECONDS):
            self._refuse()

    def _look_at_sending(self, now: float) -> None:
        if self.total_outbufs_len and time.time() - self.last_activity > SEND_SECONDS:
            self.will_close = True

    def _refuse(self) -> None:
        with self.requests_lock:
            request, self.request, self.began, self._refused = self.request, None, None, True
            assert request is not None
            request.refuse(TooSlow(""))
            self.requests.append(request)
        self.server.add_task(self)

    @property
    def restless(self) -> bool:
        """Tell whether the connection may change without anything coming over it: a thread is at work for it."""
        return bool(self.requests or self.total_outbufs_len or self.will_close or self.close_when_flushed)

    def readable(self) -> bool:
        """Tell whether the loop should read."""
        return self._lingers_until is not None or bool(super().readable())

    def writable(self) -> bool:
        """Tell whether the loop should write."""
        return bool(super().writable()) and (self._lingers_until is None or self.will_close)

    def handle_read(self) -> None:
        """Read; of a client that was refused nothing is kept."""
        if self._lingers_until is None:
            super().handle_read()
            return
        try:
            self.recv(1 << 16)
        except OSError:
            self.handle_close()

    def handle_close(self) -> None:
        """Close, or where the client may still be sending say first that nothing more comes."""
        if self._refused and self._lingers_until is None and self.connected and not self.total_outbufs_len:
            self._lingers_until = time.monotonic() + LINGER_SECONDS
            self.will_close = self.close_when_flushed = False
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                super().handle_close()
            return
        super().handle_close()
