import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

ANSWERS = [
    ("/api/v1/metrics", "/api/v1/metrics"),
    ("/api/v1/metrics/{metric}", "/api/v1/metrics/revenue"),
    ("/api/v1/metrics/{metric}/observations", "/api/v1/metrics/lead_to_opportunity/observations?by=*"),
    ("/api/v1/metrics/{metric}/history", "/api/v1/metrics/revenue/history?grain=quarter&period=2026-Q1"),
    ("/api/v1/metrics/{metric}/definition", "/api/v1/metrics/revenue/definition"),
    ("/api/v1/metrics/{metric}/definition/history", "/api/v1/metrics/revenue/definition/history"),
    ("/api/v1/metrics/{metric}/changes", "/api/v1/metrics/lead_to_opportunity/changes?grain=quarter"),
    ("/api/v1/metrics/{metric}/diagnostics", "/api/v1/metrics/revenue/diagnostics"),
    ("/api/v1/metrics/{metric}/lineage", "/api/v1/metrics/revenue/lineage"),
    ("/api/v1/scorecards", "/api/v1/scorecards"),
    ("/api/v1/scorecards/{scorecard}", "/api/v1/scorecards/joint"),
    ("/api/v1/flat/observations", "/api/v1/flat/observations?metric=lead_to_opportunity&by=*"),
    ("/api/v1/flat/scorecard", "/api/v1/flat/scorecard"),
    ("/api/v1/refresh", "/api/v1/refresh"),
]


@pytest.fixture(scope="module")
def spec(app):
    return app.test_client().get("/openapi.json").json


def test_the_document_is_valid(spec):
    assert spec["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(spec).iter_errors()) == []


def test_every_endpoint_is_described(app, spec):
    rules = {rule.rule.replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules()}
    assert {rule for rule in rules if rule.startswith("/api/")} == set(spec["paths"])
    for path, item in spec["paths"].items():
        for verb in set(item) - {"parameters"}:
            assert item[verb]["summary"], path
    parameters = [one for item in spec["paths"].values() for one in item.get("parameters", [])]
    assert all(one["description"] for one in parameters)


@pytest.mark.parametrize(("path", "address"), ANSWERS)
def test_answers_are_as_described(client, spec, path, address):
    answer = client.get(address)
    content = spec["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": spec["components"]}
    assert list(Draft202012Validator(schema).iter_errors(answer.json)) == []


@pytest.mark.parametrize(("path", "address"), ANSWERS)
def test_every_value_has_its_unit_beside_it_or_around_it(client, path, address):
    assert list(_bare(client.get(address).json, path)) == []


def _bare(said, place):
    """Yield where a value stands in no record that says its unit."""
    if isinstance(said, list):
        for each in said:
            yield from _bare(each, place)
    elif isinstance(said, dict) and "unit" not in said:
        if "value" in said:
            yield place
        for name, each in said.items():
            yield from _bare(each, f"{place} {name}")


def test_all_answers_are_tried(spec):
    assert {path for path, _ in ANSWERS} == {path for path, item in spec["paths"].items() if "get" in item}


def test_every_error_is_described_as_a_problem(client, spec):
    for path, item in spec["paths"].items():
        for verb in set(item) - {"parameters"}:
            answers = item[verb]["responses"]
            assert {"401", "403"} <= set(answers), path
            assert ("404" in answers) == ("{" in path), path
            for code in answers:
                if code.isdigit() and int(code) >= 400:
                    name = answers[code]["$ref"].rpartition("/")[2]
                    assert set(spec["components"]["responses"][name]["content"]) == {
                        "application/problem+json"
                    }
    problem = {"$ref": "#/components/schemas/Problem", "components": spec["components"]}
    validator = Draft202012Validator(problem)
    for address in ("/api/v1/metrics/none", "/api/v1/metrics?x=1", "/api/v1/scorecards/joint?period=x"):
        assert list(validator.iter_errors(client.get(address).json)) == []


def test_the_page_about_the_api_shows_all_of_it(client, spec):
    text = client.get("/docs").text
    for path in spec["paths"]:
        assert f"<code>{path}</code>" in text
    assert "http://" not in text
    assert "https://" not in text
