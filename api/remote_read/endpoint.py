"""`POST /prometheus/api/v1/read`: what Prometheus' `remote_read` is pointed at."""

from __future__ import annotations

from flask import Blueprint, Response, request

from api.context import project
from api.problem import Problem
from api.remote_read.answer import Histories, answer
from api.remote_read.instants import TooMany
from api.remote_read.wire import BadRequest, decode, encode

PATH = "/prometheus/api/v1/read"


def blueprint() -> Blueprint:
    """Return the endpoint with a memory of its own."""
    made, histories = Blueprint("remote_read", __name__), Histories()

    @made.post(PATH)
    def read() -> Response:
        """Answer a remote read with samples of the history."""
        seen = project()
        try:
            found = [answer(seen, histories, asked) for asked in decode(request.get_data())]
        except (BadRequest, TooMany) as error:
            raise Problem(400, f"{error}.") from error
        body = encode(found)
        return Response(body, headers={"Content-Encoding": "snappy"}, content_type="application/x-protobuf")

    return made
