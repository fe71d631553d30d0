"""Requests that Schemathesis makes from the OpenAPI document, sent to the application in its own process."""

from collections.abc import Iterator
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

load_all_checks()
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
KNOWN = {"metric": ["lead_to_opportunity", "revenue", "team_mood"], "scorecard": ["joint", "service_only"]}
"""What is asked for beside names that nobody has: those reach no further than a 404."""


def operations(app: Flask) -> Iterator[Any]:
    """Yield what the document describes."""
    # No file of a user's is read.
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=SchemathesisConfig())
    for each in schema.get_all_operations():
        yield each.ok()


def faults(operation: Any, mode: GenerationMode, examples: int) -> list[str]:
    """Send so many requests that fit the document, or do not; return what is wrong with the answers."""
    if mode is GenerationMode.NEGATIVE and not operation.query:
        # A name in the path may be any text.
        return []
    found: dict[str, None] = {}
    names = {each.name: st.sampled_from(KNOWN[each.name]) for each in operation.path_parameters}

    @seed(20260401)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode), st.fixed_dictionaries(names), st.integers(0, 3))
    def ask(case: Any, known: dict[str, str], one_in_four: int) -> None:
        if known and one_in_four:
            case.path_parameters = known
        try:
            case.call_and_validate(checks=CHECKS)
        except FailureGroup as group:
            found.update(
                (f"{case.method} {case.formatted_path} {case.query}: {each}", None)
                for each in group.exceptions
            )

    ask()
    return list(found)
