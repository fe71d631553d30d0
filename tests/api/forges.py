"""A server that answers as GitHub's and GitLab's APIs do, as far as comments go, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

OURS = {
    "github": {"user": {"login": "github-actions[bot]"}},
    "gitlab": {"author": {"username": "project_bot"}},
}
THEIRS = {"github": {"user": {"login": "mallory"}}, "gitlab": {"author": {"username": "mallory"}}}


@dataclass
class Fake:
    """The comments of one request, whom they are from, and every request that was made."""

    kind: str
    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    refuse: int = 0

    def add(self, body: str, *, ours: bool = False) -> int:
        """Put a comment there, and return its number."""
        number = 100 + len(self.comments)
        self.comments.append({"id": number, "body": body, **(OURS if ours else THEIRS)[self.kind]})
        return number

    @property
    def bodies(self) -> list[str]:
        """Return what the comments say."""
        return [each["body"] for each in self.comments]

    @property
    def environment(self) -> dict[str, str]:
        """Return what a job of the forge has in its environment."""
        if self.kind == "github":
            return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": "shop/definitions"}
        return {"CI_API_V4_URL": self.url, "CI_PROJECT_ID": "17"}


@contextmanager
def fake(kind: str) -> Iterator[Fake]:
    """Serve as a forge until the end of the block."""
    forge = Fake(kind)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            asked = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            forge.asked.append(f"{self.command} {asked.path}")
            forge.tokens.add(self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN"))
            found: Any = {}
            if forge.refuse:
                self.send_response(forge.refuse)
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()
                return
            if self.command == "GET" and asked.path.endswith(("/comments", "/notes")):
                page, size = (int(parse_qs(asked.query)[name][0]) for name in ("page", "per_page"))
                found = forge.comments[(page - 1) * size : page * size]
            elif self.command == "GET":
                found = {"username": "project_bot"}
            elif self.command == "POST":
                forge.add(body["body"], ours=True)
            else:
                number = int(asked.path.rpartition("/")[2])
                next(each for each in forge.comments if each["id"] == number)["body"] = body["body"]
            content = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = _answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
