"""Sources, identities and datasets: where rows lie, and the names that metrics use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from metrics.catalog.fields import empty, place, unhashed
from metrics.errors import Position
from metrics.expressions.nodes import Expression
from metrics.grain import NO_SPAN, Span


@dataclass(frozen=True)
class SourceDefinition:
    """A system that is read: a SQLAlchemy URL in which secrets stand as `${ENV}` or `${file:...}`."""

    name: str = field(metadata={"internal": True})
    url: str
    timeout: Span = field(default_factory=lambda: Span.parse("60s"))
    position: Position = place()


@dataclass(frozen=True)
class Crosswalk:
    """The table that maps a system's own ids to one entity."""

    dataset: str = field(metadata={"refers": "dataset"})
    system: str
    id: str
    entity: str


@dataclass(frozen=True)
class Identity:
    """How one entity is recognised across systems."""

    crosswalk: Crosswalk


@dataclass(frozen=True)
class EntityColumn:
    """The column that holds an entity's id, and the system whose ids they are."""

    SHORTHAND = "id"
    id: Expression
    system: str | None = None


@dataclass(frozen=True)
class ColumnType:
    """A column's declared type: text, integer, decimal, float, boolean, date or timestamp.

    `format` is a strptime format for texts. `planned` marks a time that is known beforehand (a promise,
    a due date), which `--as-of` does not read as null while it still lies ahead.
    """

    SHORTHAND = "type"
    type: str
    format: str | None = None
    planned: bool = False


@dataclass(frozen=True)
class Lookup:
    """A many-to-one join that never fans out, usable in every expression as `lookup.column`."""

    dataset: str = field(metadata={"refers": "dataset"})
    on: tuple[Expression, ...] = field(default=(), metadata={"single": True})
    valid_at: Expression | None = None
    by: str | None = field(default=None, metadata={"refers": "entity"})
    pick: str | None = None
    before: Expression | None = None
    after: Expression | None = None
    within: Span | None = None


@dataclass(frozen=True)
class Column:
    """A computed column; with a currency it is money, converted at the row's date."""

    SHORTHAND = "expression"
    expression: Expression
    currency: Expression | None = None


@dataclass(frozen=True)
class Stretch:
    """What a condition asks of events from a local day on, until another: the day after its last."""

    where: Expression
    from_: date | None = field(default=None, metadata={"key": "from"})
    until: date | None = None


Condition = Expression | tuple[Stretch, ...]
"""What rows must meet: always the same, or one stretch of days after another."""


@dataclass(frozen=True)
class UnionPart:
    """One dataset of a union, its columns renamed or computed."""

    dataset: str = field(metadata={"refers": "dataset"})
    columns: Mapping[str, Expression] = field(default_factory=empty)


@dataclass(frozen=True)
class Validity:
    """A history table's interval [from, to), or a snapshot table's date."""

    from_: Expression | None = field(default=None, metadata={"key": "from"})
    to: Expression | None = None
    snapshot: Expression | None = None


@dataclass(frozen=True)
class CompleteThrough:
    """What says until when a dataset is complete: a time column, a lag behind now, or another dataset."""

    SHORTHAND = "time"
    time: Expression | None = None
    lag: Span | None = None
    dataset: str | None = field(default=None, metadata={"refers": "dataset"})


@dataclass(frozen=True)
class Freshness:
    """How old the newest row may be."""

    warn: Span | None = None
    fail: Span | None = None


@dataclass(frozen=True)
class Invited:
    """Who was asked: the rows of another dataset, each an invitation at its own time.

    With an `entity` it is counted once in a period, however often it was asked or answered. A response rate
    below `min_response` is said to be low.
    """

    dataset: str = field(metadata={"refers": "dataset"})
    where: Expression | None = None
    entity: str | None = field(default=None, metadata={"refers": "entity"})
    min_response: float | None = None


@dataclass(frozen=True)
class Dataset:
    """Rows of one table, of files or of a union, with the names that metrics use."""

    dataset: str
    source: str | None = field(default=None, metadata={"refers": "source"})
    table: str | None = None
    files: tuple[str, ...] = field(default=(), metadata={"single": True})
    union: tuple[UnionPart, ...] = ()
    department: str | None = unhashed()
    where: Expression | None = None
    key: tuple[str, ...] = field(default=(), metadata={"single": True})
    time: Expression | None = None
    types: Mapping[str, ColumnType] = field(default_factory=empty)
    timezone: str = "UTC"
    entities: Mapping[str, EntityColumn] = field(default_factory=empty)
    lookups: Mapping[str, Lookup] = field(default_factory=empty)
    columns: Mapping[str, Column] = field(default_factory=empty)
    conditions: Mapping[str, Condition] = field(default_factory=empty)
    exclude: Mapping[str, Expression] = field(default_factory=empty)
    dimensions: Mapping[str, Expression] = field(default_factory=empty)
    valid: Validity | None = None
    loaded_at: Expression | None = None
    changes: str = "append"
    complete_through: CompleteThrough | None = None
    complete_from: date | None = None
    settle: Span = NO_SPAN
    invited: Invited | None = unhashed()
    freshness: Freshness | None = unhashed()
    link: str | None = unhashed()
    position: Position = place()
