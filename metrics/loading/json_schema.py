"""Describe the files of a definitions folder as JSON Schema draft-07, for editors.

The shapes come from the same fields that read the files (`metrics.loading.schema`), so both say the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from metrics.catalog.company import Company
from metrics.catalog.dataset import Dataset
from metrics.catalog.metric import Metric
from metrics.errors import suggest
from metrics.loading.fields import NodeField, Shape
from metrics.loading.records import IdentitiesFile, SourcesFile, kind_options
from metrics.loading.schema import record_schema

DRAFT = "http://json-schema.org/draft-07/schema#"
FILES: dict[str, type] = {
    "company": Company,
    "sources": SourcesFile,
    "identities": IdentitiesFile,
    "dataset": Dataset,
}


class Definitions:
    """The records that a schema refers to, each described once under `definitions`."""

    def __init__(self) -> None:
        self.shapes: dict[str, Shape] = {}
        self.names: dict[type, str] = {}

    def refer(self, record: type) -> Shape:
        """Return a reference to a record's shape."""
        if record not in self.names:
            taken = record.__name__ in self.names.values()
            module = record.__module__.rpartition(".")[2]
            self.names[record] = f"{module}_{record.__name__}" if taken else record.__name__
            self.shapes[self.names[record]] = self.describe((record,))
        return {"$ref": f"#/definitions/{self.names[record]}"}

    def describe(self, records: tuple[type, ...]) -> Shape:
        """Return the shape of one mapping that holds the fields of several records."""
        fields = record_schema(records).fields.values()
        properties: dict[str, Shape] = {}
        required: list[str] = []
        for field in fields:
            assert isinstance(field, NodeField)
            assert field.data_key is not None
            properties[field.data_key] = field.describe(self.refer)
            if field.required:
                required.append(field.data_key)
        shape: Shape = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            shape["required"] = required
        return {**shape, "description": _first_paragraph(records[-1])}


def json_schema(file: str, extra: Mapping[str, type] | None = None,
                properties: Mapping[str, Shape] | None = None) -> dict[str, Any]:  # fmt: skip
    """Return the JSON Schema of a kind of file: company, sources, identities, dataset or metric.

    `extra` adds kinds of files whose record another package reads, `properties` keys that it reads
    itself. Raises ValueError for an unknown kind of file.
    """
    definitions = Definitions()
    if file == "metric":
        return _document(file, _metric(definitions), definitions)
    files = {**FILES, **(extra or {})}
    if file not in files:
        raise ValueError(f"no schema is called {file!r}{suggest(file, (*files, 'metric'))}")
    shape = definitions.describe((files[file],))
    shape["properties"] |= dict(properties or {})
    return _document(file, shape, definitions)


def _first_paragraph(record: type) -> str:
    return " ".join((inspect.getdoc(record) or "").split("\n\n")[0].split())


def _document(file: str, shape: Shape, definitions: Definitions) -> dict[str, Any]:
    named = {"definitions": dict(sorted(definitions.shapes.items()))} if definitions.shapes else {}
    return {"$schema": DRAFT, "title": file, **shape, **named}


def _metric(definitions: Definitions) -> Shape:
    """Return the shape of a metric: its kind decides which further keys it has."""
    branches = []
    kinds = kind_options()
    for kind, options in kinds.items():
        shape = definitions.describe((Metric, options))
        shape["properties"]["kind"] = {"const": kind}
        shape["description"] = f"A metric of kind {kind}."
        definitions.shapes[f"metric_{kind}"] = shape
        branches.append(
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/definitions/metric_{kind}"},
            }
        )
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "enum": list(kinds)}},
        "allOf": branches,
    }
