import logging

import pytest
from flask import abort

from api.app import create_app
from api.auth import Keys, Scope
from metrics.errors import SourceRejected, StoreLocked
from tests.api.northwind import NOW

SECRET = "postgresql://user:hunter2@warehouse/crm"


@pytest.fixture(scope="module")
def broken(northwind):
    """Return a client of a server with views that fail."""
    app = create_app(northwind, now=lambda: NOW)

    def fail(error):
        def view():
            raise error

        return view

    app.add_url_rule("/api/crash", "crash", fail(RuntimeError(SECRET)))
    app.add_url_rule("/crash", "crash_page", fail(RuntimeError(SECRET)))
    app.add_url_rule("/api/source", "source", fail(SourceRejected("crm", SECRET)))
    app.add_url_rule("/api/locked", "locked", fail(StoreLocked("process 7")))
    app.add_url_rule("/api/teapot", "teapot", lambda: abort(418))
    return app.test_client()


def problem(status, title, detail, **more):
    return {"type": "about:blank", "title": title, "status": status, "detail": detail} | more


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/metrics/revenu", problem(404, "Not Found", "no metric is called 'revenu' (did you mean 'revenue'?)")),
        ("/api/v1/scorecards/join", problem(404, "Not Found", "no scorecard is called 'join' (did you mean 'joint'?)")),
        (
            "/api/v1/scorecards/joint?period=2026Q3",
            problem(400, "Bad Request", "'2026Q3' is not a period: write 2026-03-01, 2026-W07, 2026-03, 2026-Q3, 2026, "
                    "FY2026-Q3, FY2026 or all"),
        ),
        (
            "/api/v1/scorecards/joint?period=2026-03",
            problem(400, "Bad Request", "scorecard 'joint' is kept by quarter; '2026-03' is a month: "
                    "write 2026-Q3, for example"),
        ),
        (
            "/api/v1/metrics/revenue/observations?grain=week",
            problem(400, "Bad Request", "metric 'revenue' has no grain 'week'; it has: month, quarter"),
        ),
        (
            "/api/v1/metrics/revenue/observations?by=chanel",
            problem(400, "Bad Request", "metric 'revenue' has no dimension 'chanel' (did you mean 'channel'?)"),
        ),
        (
            "/api/v1/metrics/revenue/observations?limit=10001&grian=day",
            problem(422, "Unprocessable Entity", "The request has values that cannot be used.", errors=[
                {"field": "query.limit",
                 "detail": "Must be greater than or equal to 1 and less than or equal to 10000."},
                {"field": "query.grian", "detail": "Unknown field."},
            ]),
        ),
        (
            "/api/v1/metrics/revenue/observations?state=done",
            problem(422, "Unprocessable Entity", "The request has values that cannot be used.", errors=[
                {"field": "query.state",
                 "detail": "'done' is not one of no_data, suppressed, provisional, small_sample, final."},
            ]),
        ),
        ("/api/v1/nothing", problem(404, "Not Found", "The requested URL was not found on the server. If you entered "
                                    "the URL manually please check your spelling and try again.")),
    ],
)  # fmt: skip
def test_errors_have_one_shape(client, path, expected):
    answer = client.get(path)
    assert answer.mimetype == "application/problem+json"
    assert answer.json == expected
    assert answer.status_code == expected["status"]


def test_a_wrong_method_names_the_right_ones(empty):
    _, text = Keys(empty.store).create("writer", [Scope.ADMIN], NOW)
    client = create_app(empty, now=lambda: NOW).test_client()
    answer = client.delete("/api/v1/metrics", headers={"Authorization": f"Bearer {text}"})
    assert (answer.status_code, answer.json["title"]) == (405, "Method Not Allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_crash_says_nothing_of_its_cause(broken, caplog):
    with caplog.at_level(logging.CRITICAL):
        answer = broken.get("/api/crash")
    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail"}
    for word in ("hunter2", "Traceback", "RuntimeError"):
        assert word not in answer.text


def test_a_crash_of_a_page_is_a_page(broken, caplog):
    with caplog.at_level(logging.CRITICAL):
        answer = broken.get("/crash", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert answer.mimetype == "text/html"
    assert "Internal Server Error" in answer.text
    assert "hunter2" not in answer.text


def test_our_own_errors_stay_inside_too(broken, caplog):
    answer = broken.get("/api/source")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "SourceRejected" in caplog.text


def test_a_passing_error_says_when_to_come_back(broken):
    answer = broken.get("/api/locked")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json["detail"] == "another refresh is running (process 7)"


def test_any_status_has_the_shape(broken):
    answer = broken.get("/api/teapot")
    assert answer.json["status"] == 418
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/catalogue/nothing", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("/catalogue/nothing", "*/*", "application/problem+json"),
        ("/catalogue/nothing", None, "application/problem+json"),
        ("/api/v1/metrics/nothing", "text/html", "application/problem+json"),
    ],
)
def test_who_gets_a_page(client, path, accept, kind):
    answer = client.get(path, headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.mimetype) == (404, kind)


def test_an_error_page_writes_what_was_asked_as_text(client):
    answer = client.get("/catalogue/<script>alert(1)</script>", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<script>" not in answer.text


@pytest.mark.parametrize("host", ["a" * 70, "a" * 70 + ".example.com"])
def test_a_host_that_cannot_be_read_is_told_so_and_gets_no_page(client, host):
    answer = client.get("/", headers={"Host": host, "Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
