from base64 import b64encode

import pytest

from api.app import create_app
from api.auth import Keys, Scope
from tests.api.northwind import NOW

READABLE = ["/", "/catalogue", "/catalogue/revenue", "/docs", "/openapi.json", "/api/v1/metrics",
            "/api/v1/scorecards/joint", "/api/v1/refresh"]  # fmt: skip


@pytest.fixture(scope="module")
def outside(empty):
    """Return a client of a server that other machines can reach."""
    return create_app(empty, now=lambda: NOW, anonymous=False).test_client()


@pytest.fixture(scope="module")
def text_of(empty):
    return {scope: Keys(empty.store).create(scope.value, [scope], NOW)[1] for scope in Scope}


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def basic(text):
    return {"Authorization": "Basic " + b64encode(f"anybody:{text}".encode()).decode()}


@pytest.mark.parametrize("path", [*READABLE, "/metrics", "/nothing/here"])
def test_reading_from_outside_needs_a_key(outside, path):
    answer = outside.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="scorecard"')
    scope = "metrics" if path == "/metrics" else "read"
    assert answer.json == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": f"An API key with the scope {scope} is needed.",
    }


def test_a_browser_is_asked_for_a_key_on_pages_alone(outside):
    assert "Basic" in outside.get("/").headers["WWW-Authenticate"]
    assert "Basic" not in outside.get("/api/v1/metrics").headers["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/style.css"])
def test_health_and_styles_are_open(outside, path):
    with outside.get(path) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize("path", READABLE)
@pytest.mark.parametrize("write", [bearer, basic])
def test_a_reading_key_reads(outside, text_of, path, write):
    assert outside.get(path, headers=write(text_of[Scope.READ])).status_code == 200


@pytest.mark.parametrize("scope", list(Scope))
def test_every_scope_may_scrape(outside, text_of, scope):
    assert outside.get("/metrics", headers=bearer(text_of[scope])).status_code == 200


def test_a_scraping_key_reads_nothing_else(outside, text_of):
    answer = outside.get("/api/v1/metrics", headers=bearer(text_of[Scope.METRICS]))
    key_id = text_of[Scope.METRICS].split("_")[1]
    assert answer.status_code == 403
    assert answer.json["detail"] == f"The API key {key_id} lacks the scope read."


@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer sc_wrong_key"}, {"Authorization": "nonsense"}]
)
def test_writing_always_needs_an_admin_key(empty, anonymous, headers):
    client = create_app(empty, now=lambda: NOW, anonymous=anonymous).test_client()
    assert client.post("/api/v1/refresh", headers=headers).status_code == 401


def test_a_browser_that_knows_a_key_cannot_be_made_to_write(outside, text_of):
    assert outside.post("/api/v1/refresh", headers=basic(text_of[Scope.ADMIN])).status_code == 401
    assert outside.post("/api/v1/refresh", headers=bearer(text_of[Scope.READ])).status_code == 403
    # 409: this server has no refresh, so that the key was let through.
    assert outside.post("/api/v1/refresh", headers=bearer(text_of[Scope.ADMIN])).status_code == 409


def test_a_wrong_key_is_told_even_where_none_is_needed(client):
    answer = client.get("/api/v1/metrics", headers=bearer("sc_wrong_key"))
    assert answer.status_code == 401
    assert answer.json["detail"] == "The API key is unknown, revoked or expired."


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8321", "127.0.0.1:8321", "[::1]:8321", "LOCALHOST", "127.0.0.2:8321"]
)
def test_names_of_this_machine_are_served(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8321", "", "[::2]", "localhost.evil.example"]
)
@pytest.mark.parametrize("path", ["/", "/api/v1/metrics", "/healthz", "/nothing"])
def test_foreign_names_are_refused_on_loopback(client, host, path):
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json["detail"] == (
        "This server answers on this machine alone: use localhost, 127.0.0.1 or [::1] in the address."
    )


def test_a_public_server_answers_under_its_own_name(outside, text_of):
    headers = bearer(text_of[Scope.READ]) | {"Host": "scorecard.example.com"}
    assert outside.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/metrics", "/api/v1/metrics", "/static/style.css"])
def test_every_answer_has_the_security_headers(client, path):
    with client.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_answers_to_keys_are_not_kept_by_others(outside, text_of):
    assert (
        outside.get("/", headers=bearer(text_of[Scope.READ])).headers["Cache-Control"] == "private, no-cache"
    )
