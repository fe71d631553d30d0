"""Describe the files that the scorecard reads as JSON Schema draft-07, beside those of the metrics."""

from __future__ import annotations

from typing import Any

from metrics.loading.json_schema import FILES as METRICS_FILES
from metrics.loading.json_schema import Definitions
from metrics.loading.json_schema import json_schema as metrics_schema
from scorecard.model import Company, Journey, Scorecard

FILES: dict[str, type] = {"journey": Journey, "scorecard": Scorecard}

KNOWN = tuple(sorted((*METRICS_FILES, *FILES, "metric")))
"""Every kind of file that has a schema."""


def json_schema(file: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file; raise ValueError, with a suggestion, for an unknown one."""
    if file != "company":
        return metrics_schema(file, FILES)
    definitions = Definitions()
    shared = definitions.describe((Company,))
    schema = metrics_schema(file, properties=shared["properties"])
    named = {**schema.get("definitions", {}), **definitions.shapes}
    required = sorted({*schema.get("required", ()), *shared["required"]})
    return {**schema, "required": required, "definitions": dict(sorted(named.items()))}
