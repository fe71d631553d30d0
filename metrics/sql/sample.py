"""A sample of rows, told by a hash: the same rows for whoever asks, on every engine."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.dialect import Type
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Name
from metrics.sql.relation import Relation
from metrics.sql.scope import Sample

_DIGITS = 8


def in_sample(rows: Relation, sample: Sample) -> ColumnElement[Any]:
    """Tell whether a row is in a sample: by its entity, so that one is there with all of its rows, else by its key.

    A row of nobody goes by its key too. Raises ExpressionError where rows have neither.
    """
    dialect, dataset = rows.scope.source.dialect, rows.dataset
    told = [rows.entity(name) for name in dataset.entities if name == sample.entity]
    if dataset.key:
        parts = [dialect.cast(rows.value(Name((name,))), Type.TEXT) for name in dataset.key]
        apart = [piece for part in parts for piece in (part, sa.literal("|"))]
        told.append(dialect.concat(apart[:-1]))
    if not told:
        raise ExpressionError(
            f"not computed: dataset {dataset.dataset!r} has no entity or key to sample by", 0
        )
    digits = dialect.binary_order(dialect.digest(sa.func.coalesce(*told, type_=sa.Text())))
    least = f"{int(sample.share * 16**_DIGITS):0{_DIGITS}x}"
    return digits < sa.literal(least, sa.Text())
