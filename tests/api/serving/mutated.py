"""Raw requests, spoiled at random: bytes that no client of ours would send. The same number gives the same request."""

from __future__ import annotations

import random
from collections.abc import Iterator

import cramjam

from api.prometheus.remote_read.wire import _CLASSES

HOST = b"Host: localhost\r\n"
PATHS = (
    "/", "/?period=2026-Q3", "/catalogue", "/catalogue/revenue?grain=quarter&by=channel", "/docs", "/metrics",
    "/openapi.json", "/healthz", "/readyz", "/static/style.css", "/api/v1/metrics?department=sales",
    "/api/v1/metrics/revenue", "/api/v1/metrics/revenue/observations?grain=quarter&from=2026-01-01&limit=5&offset=0",
    "/api/v1/metrics/revenue/observations?as_known=2026-11-20T08:00:00Z&state=final&by=*",
    "/api/v1/metrics/revenue/history?grain=quarter&period=2026-Q1&dimension=channel:organic",
    "/api/v1/metrics/lead_to_opportunity/changes?period=2026-Q2&against=2026-Q1&by=channel",
    "/api/v1/metrics/revenue/lineage", "/api/v1/metrics/revenue/diagnostics", "/api/v1/metrics/revenue/definition",
    "/api/v1/scorecards/joint?period=2026-Q3", "/api/v1/flat/observations?metric=revenue&grain=quarter",
    "/api/v1/flat/scorecard?scorecard=joint&period=2026-Q3", "/api/v1/refresh",
)  # fmt: skip
_HEADERS = (
    b"Accept: text/html\r\n", b"Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n",
    b"Accept-Encoding: gzip, deflate\r\n", b"If-None-Match: \"abc\", W/\"def\"\r\n",
    b"Authorization: Bearer sc_1f0a9c22d4_x\r\n",
    b"Authorization: Basic eDp5\r\n", b"Cookie: a=b\r\n", b"Range: bytes=0-10\r\n", b"X-Forwarded-For: 1.2.3.4\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"Expect: 100-continue\r\n", b"SCRIPT_NAME: /x\r\n",
    b"Connection: keep-alive\r\n", b"Upgrade: h2c\r\n", b"If-Modified-Since: Mon, 01 Jan 0001 00:00:00 GMT\r\n",
)  # fmt: skip
_TOKENS = (
    b"\x00", b"\r\n", b"\n", b"\r",
    b"%00", b"%0d%0a", b"%ff", b"..", b"/../", b"//", b"?", b"&", b"=", b"#", b" ", b":",
    b"-1", b"0", b"9999-Q4", b"0001-01", b"99999999999999999999", b"NaN", b"1e999", b"\xff\xfe", "é".encode(),
    b"\xf0\x9f\x98\x80", b"'", b'"', b"<script>", b"{{7*7}}", b"${jndi}", b"%s%n", b"A" * 5000, b"zz\r\n", b"0\r\n\r\n",
)  # fmt: skip


def requests(count: int, first: int = 0) -> Iterator[bytes]:
    """Yield spoiled requests."""
    for number in range(first, first + count):
        yield spoiled(random.Random(number))


def spoiled(chance: random.Random) -> bytes:
    """Return one request, spoiled in one to four places."""
    text = bytearray(_whole(chance))
    for _ in range(chance.choice((1, 1, 2, 4))):
        _spoil(text, chance)
    return bytes(text)


def _whole(chance: random.Random) -> bytes:
    headers = HOST + b"".join(chance.sample(_HEADERS, chance.choice((0, 1, 2, 3))))
    if chance.random() < 0.2:
        body = _remote_read(chance)
        length = f"Content-Length: {len(body)}\r\n".encode()
        return b"POST /prometheus/api/v1/read HTTP/1.1\r\n" + HOST + length + b"\r\n" + body
    method = chance.choice(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "TRACE"))
    return f"{method} {chance.choice(PATHS)} HTTP/1.1\r\n".encode() + headers + b"\r\n"


def _remote_read(chance: random.Random) -> bytes:
    asked = _CLASSES["ReadRequest"]()
    ends = (-(1 << 63), (1 << 63) - 1, 0, 1_790_000_000_000, -1)
    query = asked.queries.add(start_timestamp_ms=chance.choice(ends), end_timestamp_ms=chance.choice(ends))
    query.matchers.add(type=chance.choice((0, 1, 2, 3)), name="__name__", value="kpi_revenue_gbp")
    query.hints.start_ms, query.hints.end_ms = chance.choice(ends), chance.choice(ends)
    query.hints.step_ms, query.hints.range_ms = chance.choice(ends), chance.choice(ends)
    return bytes(cramjam.snappy.compress_raw(asked.SerializeToString()))


def _spoil(text: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(text) + 1)
    how = chance.randrange(5)
    if how == 0:
        text[place:place] = chance.choice(_TOKENS)
    elif how == 1 and place < len(text):
        text[place] = chance.randrange(256)
    elif how == 2:
        del text[place : place + chance.choice((1, 2, 10, 100))]
    elif how == 3:
        piece = text[place : place + chance.choice((5, 50))]
        text[place:place] = piece * chance.choice((1, 2, 50))
    else:
        text[place:place] = chance.choice(_HEADERS)
