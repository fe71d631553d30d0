"""What DuckDB writes differently: it reads ISO texts and JSON paths itself, and its texts are Unicode."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import CASTS, NAIVE, Type, Value, json_path
from metrics.sources._shared.postgres_words import PostgresWords


class DuckDBDialect(PostgresWords):
    """DuckDB, whose meaning of texts, casts and times the other engines follow."""

    def cast(self, value: Value, type_: Type) -> ColumnElement[Any]:
        """Return a value as another type; a text becomes a DATE where it is ISO."""
        return sa.cast(value.sql, CASTS[type_])

    def is_finite(self, value: Value) -> ColumnElement[bool] | None:
        """Tell whether a number is neither NaN nor infinite: doubles alone can be."""
        if value.type is not Type.FLOAT:
            return None
        return sa.func.isfinite(sa.cast(value.sql, sa.Double()), type_=sa.Boolean())

    def read_naive(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read an ISO text into a naive timestamp."""
        return sa.cast(text, NAIVE)

    def json_text(self, document: ColumnElement[Any], path: str) -> ColumnElement[Any]:
        """Return the text at a dotted path of a JSON document."""
        json_path(path)
        return sa.func.json_extract_string(document, "$." + path, type_=sa.Text())

    def parse_time(self, text: ColumnElement[Any], form: str, *, strict: bool) -> ColumnElement[Any]:
        """Read a text by a strptime format into a naive timestamp; not strict: null where it fails."""
        function = sa.func.strptime if strict else sa.func.try_strptime
        return function(text, form, type_=NAIVE)

    def binary_order(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text as it is: there is no other order."""
        return text

    def like(self, text: ColumnElement[Any], pattern: ColumnElement[Any]) -> ColumnElement[Any]:
        """Tell whether a text fits a pattern of % and _, which nothing escapes."""
        return text.like(pattern)

    def trim(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text without the spaces around it, those of Unicode included."""
        return sa.func.trim(text, type_=sa.Text())

    def substr(self, text: ColumnElement[Any], start: ColumnElement[Any],
               length: ColumnElement[Any] | None) -> ColumnElement[Any]:  # fmt: skip
        """Return a part of a text; a negative start counts from the end, a negative length goes backwards."""
        rest = [start] if length is None else [start, length]
        return sa.func.substr(text, *rest, type_=sa.Text())

    def split_part(self, text: ColumnElement[Any], by: ColumnElement[Any],
                   number: ColumnElement[Any]) -> ColumnElement[Any]:  # fmt: skip
        """Return the nth part of a split text, from the end where negative; an empty text if there is none."""
        return sa.func.split_part(text, by, number, type_=sa.Text())
