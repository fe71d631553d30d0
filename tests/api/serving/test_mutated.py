"""Five hundred spoiled requests are answered or refused, and none finds a fault; `benchmarks.requests` sends 10,000."""

import socket

from tests.api.serving.mutated import requests
from tests.api.serving.test_serving import everything, running

COUNT = 500


def fault_of(server, text):
    """Return what is wrong with the answer to a request, or None."""
    with server.connect() as asked:
        try:
            asked.sendall(text)
            asked.shutdown(socket.SHUT_WR)
            answer = everything(asked)
        except TimeoutError:
            return "no answer"
        except OSError:
            return None
    for place, part in enumerate(answer.split(b"HTTP/1.1 ")):
        status = part[:3]
        if place and status.isdigit() and status >= b"500" and status != b"501":
            return part[:300]
    return None if not answer or answer.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")) else answer[:100]


def test_no_spoiled_request_finds_a_fault(app, caplog):
    with running(app, threads=4) as server:
        faults = {
            number: found for number, text in enumerate(requests(COUNT)) if (found := fault_of(server, text))
        }
        assert faults == {}
        assert server.get("/healthz")[0] == 200
    assert [record.message for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
