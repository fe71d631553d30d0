"""Slow sockets wait in the loop, not in a thread; what HTTP itself refuses is a problem document."""

import json
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from waitress import wasyncore

from api.serving import channel
from api.serving.loop import Places
from api.serving.worker import Server

SLOW = 60
PATIENCE = 30


class Running:
    def __init__(self, application, threads):
        self.places = Places()
        listening = socket.create_server(("127.0.0.1", 0))
        self.address = listening.getsockname()
        self.server = Server(application, listening, threads, self.places)
        self.on = True
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while self.on:
            self.places.turn(0.05)

    def stop(self):
        self.on = False
        self.thread.join()
        self.server.task_dispatcher.shutdown()
        for each in self.server._apart.values():
            each.shutdown()
        wasyncore.close_all(self.places)

    def connect(self):
        found = socket.create_connection(self.address, timeout=PATIENCE)
        return found

    def say(self, text):
        """Send bytes, and return the status, the headers and the body of the answer until the server closes."""
        with self.connect() as asked:
            asked.sendall(text)
            return parsed(everything(asked))

    def get(self, path):
        return self.say(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())


def everything(asked):
    parts = []
    while part := asked.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def parsed(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return (
        int(first.split()[1]),
        {line.split(": ")[0].lower(): line.split(": ", 1)[1] for line in lines},
        body,
    )


@contextmanager
def running(application, threads=2):
    made = Running(application, threads)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def server(app):
    with running(app) as made:
        yield made


def test_the_application_answers(server):
    status, headers, body = server.get("/api/v1/scorecards")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body)["items"]
    assert "server" not in headers


def test_slow_sockets_keep_nobody_waiting_and_are_closed_in_time(server, monkeypatch):
    monkeypatch.setattr(channel, "HEAD_SECONDS", 2.0)
    monkeypatch.setattr(channel, "WHOLE_SECONDS", 3.0)
    begun = (b"", b"GET / HTTP/1.1\r\nHost: loc", b"POST /api/v1/refresh HTTP/1.1\r\nHost: localhost\r\n"
             b"Content-Length: 100\r\n\r\nx")  # fmt: skip
    slow = [server.connect() for _ in range(SLOW)]
    try:
        for number, one in enumerate(slow):
            one.sendall(begun[number % 3])
        for path in ("/healthz", "/readyz", "/", "/api/v1/metrics/revenue"):
            assert server.get(path)[0] == 200
        ended = [everything(one) for one in slow]
    finally:
        for one in slow:
            one.close()
    # Whoever said nothing at all gets no answer.
    assert ended[0::3] == [b""] * (SLOW // 3)
    for answer in ended[1::3] + ended[2::3]:
        status, headers, body = parsed(answer)
        assert (status, headers["content-type"]) == (408, "application/problem+json")
        assert json.loads(body)["detail"].startswith("The request did not come whole within")


def test_a_dripping_socket_is_closed_too(server, monkeypatch):
    monkeypatch.setattr(channel, "HEAD_SECONDS", 1.5)
    began = time.monotonic()
    with server.connect() as one:
        one.settimeout(0.2)
        for sign in b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 1000:
            try:
                one.sendall(bytes([sign]))
                if answer := one.recv(1 << 16):
                    break
            except TimeoutError:
                continue
        assert parsed(answer)[0] == 408
    assert time.monotonic() - began < PATIENCE


def test_health_is_answered_while_every_thread_works(app):
    free, begun = threading.Event(), threading.Semaphore(0)

    def working(environ, start):
        if environ["PATH_INFO"] == "/work":
            begun.release()
            assert free.wait(PATIENCE)
        return app(environ, start)

    with running(working) as server:
        busy = [threading.Thread(target=server.get, args=("/work",)) for _ in range(4)]
        for one in busy:
            one.start()
        for _ in range(2):
            assert begun.acquire(timeout=PATIENCE)
        assert server.get("/healthz")[0] == 200
        assert server.get("/readyz")[0] == 200
        free.set()
        for one in busy:
            one.join()


def test_whoever_does_not_read_holds_no_thread():
    def long(environ, start):
        start("200 OK", [("Content-Length", str(8 << 20))])
        return [b"x" * (8 << 20)]

    def short(environ, start):
        if environ["PATH_INFO"] == "/long":
            return long(environ, start)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with running(short) as server:
        lazy = [server.connect() for _ in range(6)]
        for one in lazy:
            one.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert server.get("/")[2] == b"ok"
        for one in lazy:
            one.close()


HEAD = b"Host: localhost\r\n"
REFUSED = [
    (b"nonsense\r\n\r\n", 400, "The request cannot be read: Start line is invalid."),
    (b"GET / HTTP/1.1\r\n" + HEAD + b"no colon\r\n\r\n", 400, "The request cannot be read: Invalid header."),
    (b"GET / HTTP/1.1\r\n" + HEAD + b"Authorization: Bearer sc_\x00\x01\r\n\r\n", 400,
     "The request cannot be read: Invalid header."),
    (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: x\r\n\r\n", 400,
     "The request cannot be read: Content-Length is invalid."),
    (b"POST /prometheus/api/v1/read HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400,
     "The request cannot be read: Invalid chunk size."),
    (b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501,
     "The request cannot be read: Transfer-Encoding requested is not supported."),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", 414, "The address is longer than 8,192 bytes."),
    (b"GET /" + b"x" * 40000, 414, "The address is longer than 8,192 bytes."),
    (b"GET / HTTP/1.1\r\n" + HEAD + b"X: " + b"x" * 40000 + b"\r\n\r\n", 431,
     "The head of the request is larger than 32,768 bytes."),
    (b"POST / HTTP/1.1\r\n" + HEAD + b"Expect: 100-continue\r\nContent-Length: 41943040\r\n\r\n", 413,
     "The body is larger than 1,048,576 bytes."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "status", "detail"), REFUSED)
def test_what_http_itself_refuses_is_a_problem(server, text, status, detail):
    with server.connect() as asked:
        asked.sendall(text)
        asked.shutdown(socket.SHUT_WR)
        found, headers, body = parsed(everything(asked))
    assert (found, headers["content-type"], headers["connection"]) == (
        status,
        "application/problem+json",
        "close",
    )
    assert json.loads(body) == {
        "type": "about:blank", "title": json.loads(body)["title"], "status": status, "detail": detail,
    }  # fmt: skip


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_of_forty_megabytes_gets_its_answer(server, chunked):
    size = 40 << 20
    head = b"Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}".encode()
    with server.connect() as asked:
        asked.sendall(b"POST /api/v1/refresh HTTP/1.1\r\n" + HEAD + head + b"\r\n\r\n")
        if chunked:
            asked.sendall(f"{size:x}\r\n".encode())
        for _ in range(40):
            asked.sendall(b"x" * (1 << 20))
        status, _, body = parsed(everything(asked))
    assert status == 413
    assert json.loads(body)["detail"] == "The body is larger than 1,048,576 bytes."


def test_a_header_with_an_underscore_is_nobody_s(server):
    text = b"GET /healthz HTTP/1.1\r\n" + HEAD + b"SCRIPT_NAME: /x\r\nConnection: close\r\n\r\n"
    assert server.say(text)[0] == 200


def test_a_fault_outside_of_the_application_says_nothing_of_its_cause(caplog):
    def broken(environ, start):
        raise RuntimeError("hunter2")

    with running(broken) as server:
        status, headers, body = server.get("/")
    assert (status, headers["content-type"]) == (500, "application/problem+json")
    assert b"hunter2" not in body
    assert "hunter2" in caplog.text


def test_one_connection_serves_one_request_after_another(server):
    once = b"GET /healthz HTTP/1.1\r\n" + HEAD
    answer = everything_of(server, (once + b"\r\n") * 5 + once + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 6


def everything_of(server, text):
    with server.connect() as asked:
        asked.sendall(text)
        return everything(asked)


def test_an_idle_connection_is_closed(server, monkeypatch):
    monkeypatch.setattr(channel, "IDLE_SECONDS", 1.0)
    with server.connect() as asked:
        asked.sendall(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert everything(asked).count(b"HTTP/1.1 200 OK") == 1


def test_a_stopping_server_answers_what_was_begun_and_takes_no_more(app):
    free, begun = threading.Event(), threading.Event()

    def working(environ, start):
        begun.set()
        assert free.wait(PATIENCE)
        return app(environ, start)

    with running(working) as server, server.connect() as idle, server.connect() as asked:
        asked.sendall(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert begun.wait(PATIENCE)
        server.server.deafen()
        assert server.server.busy
        assert everything(idle) == b""
        free.set()
        assert asked.recv(1 << 16).startswith(b"HTTP/1.1 200 OK")
