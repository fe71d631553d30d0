"""No request made from the OpenAPI document finds a fault, or an answer that the document does not describe."""

import pytest
from schemathesis.generation import GenerationMode

from tests.api.v1.generated import faults, operations
from tests.api.v1.test_openapi import ANSWERS

EXAMPLES = 6


@pytest.fixture(scope="module")
def asked(app):
    return {each.label: each for each in operations(app)}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("label", [*(f"GET {path}" for path, _ in ANSWERS), "POST /api/v1/refresh"])
def test_every_answer_is_as_described(asked, label, mode):
    assert faults(asked[label], mode, EXAMPLES) == []


def test_all_operations_are_asked(asked):
    assert set(asked) == {*(f"GET {path}" for path, _ in ANSWERS), "POST /api/v1/refresh"}
