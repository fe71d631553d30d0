"""`POST /prometheus/api/v1/read`: what Prometheus' `remote_read` is pointed at."""

from __future__ import annotations

from flask import Blueprint, Response, request

from api.context import project
from api.problem import Problem
from api.prometheus.remote_read.answer import Histories, answer
from api.prometheus.remote_read.instants import Budget, TooMany
from api.prometheus.remote_read.wire import BadRequest, decode, encode

MOST_QUERIES = 100
"""The most queries of one request; Prometheus itself asks one at a time."""
PATH = "/prometheus/api/v1/read"


def blueprint() -> Blueprint:
    """Return the endpoint with a memory of its own."""
    made, histories = Blueprint("remote_read", __name__), Histories()

    @made.post(PATH)
    def read() -> Response:
        """Answer a remote read with samples of the history."""
        seen = project()
        try:
            queries = decode(request.get_data())
            if len(queries) > MOST_QUERIES:
                raise TooMany(
                    f"the request holds {len(queries):,} queries of the {MOST_QUERIES} that are answered at once: "
                    "send several requests"
                )
            budget = Budget()
            # Each answer is written before the next one is made.
            body = encode(answer(seen, histories, asked, budget) for asked in queries)
        except (BadRequest, TooMany) as error:
            raise Problem(400, f"{error}.") from error
        return Response(body, headers={"Content-Encoding": "snappy"}, content_type="application/x-protobuf")

    return made
