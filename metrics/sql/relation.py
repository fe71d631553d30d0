"""What a join needs of the rows that it joins: the rows themselves build joins, so neither may name the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, Self

from sqlalchemy.sql import ColumnElement

from metrics.catalog.dataset import Dataset
from metrics.dialect import Value
from metrics.expressions.nodes import Node
from metrics.sql.scope import Scope, Selectable
from metrics.sql.translator import Translator


class Relation(Protocol):
    """One use of a dataset in one query: names become columns, and columns a select."""

    scope: Scope
    dataset: Dataset
    translator: Translator

    def again(self, alias: str = "t") -> Self:
        """Return another use of the same dataset."""

    def of(self, dataset: str, alias: str = "t") -> Self:
        """Return a use of another dataset of the same source."""

    def value(self, node: Node) -> Value:
        """Translate an expression over the dataset's rows."""

    def time(self, override: Node | None = None) -> Value:
        """Return the rows' event time: a DATE or an instant."""

    def entity(self, name: str) -> ColumnElement[Any]:
        """Return an entity's id as text."""

    def key(self) -> list[ColumnElement[Any]]:
        """Return the key columns."""

    def select(
        self, columns: Mapping[str, ColumnElement[Any]], where: Iterable[ColumnElement[Any]] = ()
    ) -> Selectable:
        """Return the rows that the dataset keeps."""
