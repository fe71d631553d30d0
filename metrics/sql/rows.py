"""A dataset becomes rows: its table, files or union, with conditions, lookups, types and money applied.

`Rows` is one use of a dataset in one query. Names are resolved as they are asked for, and a lookup is
joined only when something reads it. Joins never add or lose rows: what must hold for that (unique keys,
a rate for every amount) is collected as guards, which run before the number is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.dataset import Column, Dataset
from metrics.catalog.dated import meaning_on, turning_days
from metrics.dialect import INSTANT, MONEY, NAIVE, SA_TYPES, Type, Value
from metrics.errors import ExpressionError, suggest
from metrics.expressions.nodes import Expression, Literal, Name, Node
from metrics.source import ColumnSpec
from metrics.sql.joins import Join, crosswalk_join, label_of, lookup_join, rates_join
from metrics.sql.operands import as_type, union_type
from metrics.sql.sample import in_sample
from metrics.sql.scope import Guard, Scope, Selectable
from metrics.sql.translator import Translator


class Rows:
    """One use of a dataset; `alias` keeps its names apart from those of other uses in one query.

    Which stretch of a dated condition holds is told by `event`: the time by which the metric reads the rows (None:
    the dataset's own), or one day for all of them. `turns` gathers the days at which those that were asked for turn.
    """

    def __init__(self, scope: Scope, dataset: Dataset, alias: str = "t",
                 period: tuple[Value, Value] | None = None, event: Node | date | None = None,
                 looked_up: bool = False) -> None:  # fmt: skip
        self.scope = scope
        self.dataset, self.alias = dataset, alias
        self.event, self.looked_up = event, looked_up
        self.turns: set[date] = set()
        scope.used.add(dataset.dataset)
        dialect, now = scope.source.dialect, scope.as_of or scope.now
        self.translator = Translator(dialect, scope.zone, self.resolve, now, period)
        self._clashing: dict[str, ExpressionError] = {}
        self._base, self._raw = self._open()
        self._joins: dict[str, Join] = {}
        self._rates: dict[Node, str] = {}
        self._open_names: list[str] = []

    def again(self, alias: str = "t") -> Self:
        """Return another use of the same dataset."""
        return type(self)(self.scope, self.dataset, alias, event=self.event, looked_up=self.looked_up)

    def on(self, day: date) -> Self:
        """Return another use of the same dataset, by the definitions of one day."""
        return type(self)(self.scope, self.dataset, self.alias, event=day)

    def of(self, dataset: str, alias: str = "t") -> Self:
        """Return a use of another dataset of the same source."""
        return type(self)(self.scope, self.scope.catalog.datasets[dataset], alias, looked_up=True)

    # -- what a use asks for ----------------------------------------------------------------------

    def value(self, node: Node) -> Value:
        """Translate an expression over the dataset's rows."""
        return self.translator.value(node)

    def condition(self, node: Node) -> ColumnElement[Any]:
        """Translate a condition over the dataset's rows; null is false."""
        return self.translator.condition(node)

    def time(self, override: Node | None = None) -> Value:
        """Return the rows' event time: a DATE or an instant."""
        node = override or self.time_node
        if node is None:
            raise ExpressionError(f"dataset {self.dataset.dataset!r} has no time", 0)
        value = self.value(node)
        if value.type is Type.NULL:
            # A column without a single value: the event has never happened.
            return Value(sa.cast(sa.null(), INSTANT), Type.INSTANT)
        if value.type not in (Type.DATE, Type.INSTANT):
            raise ExpressionError(f"the time of {self.dataset.dataset!r} is {value.type}, not a date or time",
                                  node.offset)  # fmt: skip
        return value

    @property
    def time_node(self) -> Node | None:
        """Return the expression of the dataset's default event time."""
        return default_time(self.dataset)

    def entity(self, name: str) -> ColumnElement[Any]:
        """Return an entity's id as text, through its crosswalk where it has one; null where it is unknown."""
        declared = self.dataset.entities[name]
        own = self.scope.source.dialect.cast(self.value(declared.id.node), Type.TEXT)
        identity = self.scope.catalog.identities.get(name)
        if identity is None or declared.system is None:
            return own
        key = f"known_{name}"
        alias = f"{self.alias}_{key}"
        self._joins.setdefault(key, crosswalk_join(self, alias, identity.crosswalk, own, declared.system))
        return label_of(alias, "entity", sa.Text())

    def key(self) -> list[ColumnElement[Any]]:
        """Return the key columns, for a stable order among ties."""
        return [self.value(Name((name,))).sql for name in self.dataset.key]

    def select(self, columns: Mapping[str, ColumnElement[Any]],
               where: Iterable[ColumnElement[Any]] = ()) -> Selectable:  # fmt: skip
        """Return the rows that the dataset's `where` keeps and no `exclude` removes."""
        kept = [*self._kept(), *where]
        source: sa.FromClause = self._base
        for name in sorted(self._joins, key=list(self._joins).index):
            source = self._joins[name].attach(source)
        labelled = [column.label(label) for label, column in columns.items()]
        return sa.select(*labelled).select_from(source).where(*kept)

    def _kept(self) -> list[ColumnElement[Any]]:
        kept = [self.condition(self.dataset.where.node)] if self.dataset.where else []
        kept += [sa.not_(self.condition(each.node)) for each in self.dataset.exclude.values()]
        arrival = self.dataset.loaded_at.node if self.dataset.loaded_at else self.time_node
        if self.scope.as_of is not None and arrival is not None:
            # Later times read as null, so what has no arrival before as-of has not arrived.
            kept.append(self.value(arrival).sql.is_not(None))
        if self.scope.sample is not None and not self.looked_up:
            kept.append(in_sample(self, self.scope.sample))
        return kept

    # -- names ----------------------------------------------------------------------------------

    def resolve(self, name: Name) -> Value:
        """Return what a name stands for: a computed column, a condition, a raw column or a lookup's."""
        first = name.parts[0]
        if len(name.parts) > 1:
            return self._lookup_value(name)
        if first in self._open_names:
            # A computed column may refine the raw column of its own name.
            return self._raw_value(name)
        if first in self.dataset.columns:
            return self._guarded(first, lambda: self._computed(first, self.dataset.columns[first]))
        if first in self.dataset.conditions:
            return self._guarded(first, lambda: Value(self._meant(name), Type.BOOLEAN))
        return self._raw_value(name)

    def _meant(self, name: Name) -> ColumnElement[Any]:
        """Return what a condition asks of the event's day."""
        condition = self.dataset.conditions[name.parts[0]]
        if isinstance(condition, Expression):
            return self.condition(condition.node)
        if self.looked_up:
            raise ExpressionError(f"condition {name.parts[0]!r} of {self.dataset.dataset!r} goes by the day of an "
                                  "event, and a row that is looked up is none", name.offset)  # fmt: skip
        self.turns.update(turning_days(condition))
        if isinstance(self.event, date):
            return self.condition(meaning_on(condition, self.event).node)
        day = self.translator.day(self.time(self.event))
        parts = [
            (day < sa.literal(each.until, sa.Date()), self.condition(each.where.node))
            for each in condition[:-1]
        ]
        return sa.case(*parts, else_=self.condition(condition[-1].where.node))

    def _guarded(self, name: str, build: Callable[[], Value]) -> Value:
        self._open_names.append(name)
        try:
            return build()
        finally:
            self._open_names.pop()

    def _raw_value(self, name: Name) -> Value:
        first = name.parts[0]
        if first in self._clashing:
            raise ExpressionError(self._clashing[first].message, name.offset)
        if first not in self._raw:
            if not self.dataset.union and first in self.scope.source.withheld(self.dataset):
                cure = f"let it, as by GRANT SELECT ({first}) ON {self.dataset.table}"
                message = f"the source's user may not read column {first!r} of dataset {self.dataset.dataset!r}: {cure}"
                raise ExpressionError(message, name.offset)
            known = (*self._raw, *self.dataset.columns, *self.dataset.conditions, *self.dataset.lookups)
            raise ExpressionError(f"dataset {self.dataset.dataset!r} has no column {first!r}{suggest(first, known)}",
                                  name.offset)  # fmt: skip
        return self._typed(first, self._base.c[first], self._raw[first])

    def _typed(self, name: str, column: ColumnElement[Any], spec: ColumnSpec) -> Value:
        declared = self.dataset.types.get(name)
        if spec.type is Type.NULL and declared is None:
            return Value(sa.null(), Type.NULL)
        type_, sql = spec.type, column
        if declared is not None:
            type_, sql = self._declared(sql, spec, declared.type, declared.format)
        elif spec.naive:
            sql = self.scope.source.dialect.instant_of(sql, self.dataset.timezone)
        if type_ in SA_TYPES:
            sql = sa.type_coerce(sql, SA_TYPES[type_])
        planned = declared is not None and declared.planned
        if self.scope.as_of is not None and type_ in (Type.DATE, Type.INSTANT) and not planned:
            sql = sa.case((sql < self._horizon(type_), sql), else_=sa.null())
        return Value(sql, type_)

    def _declared(self, sql: ColumnElement[Any], spec: ColumnSpec, type_: str,
                  form: str | None) -> tuple[Type, ColumnElement[Any]]:  # fmt: skip
        dialect, wanted = self.scope.source.dialect, Type(type_)
        if wanted is Type.INSTANT:
            if spec.type is Type.INSTANT and not spec.naive:
                return wanted, sql
            naive = sql
            if spec.type is Type.TEXT:
                naive = dialect.parse_time(sql, form, strict=True) if form else dialect.read_naive(sql)
            return wanted, dialect.instant_of(sa.cast(naive, NAIVE), self.dataset.timezone)
        if wanted is Type.DATE:
            if spec.type is Type.INSTANT:
                # A timestamp that is declared a date is a calendar day, never shifted by a zone.
                return wanted, sa.cast(sql, sa.Date())
            if spec.type is Type.TEXT and not form:
                return wanted, dialect.cast(Value(sql, Type.TEXT), Type.DATE)
            parsed = dialect.parse_time(sql, form or "", strict=True) if spec.type is Type.TEXT else sql
            return wanted, sa.cast(parsed, sa.Date())
        if wanted is spec.type:
            return wanted, sql
        self.translator.narrowed.to(wanted, Value(sql, spec.type))
        if wanted is Type.DECIMAL:
            return wanted, sa.cast(sql, MONEY)
        return wanted, dialect.cast(Value(sql, spec.type), wanted)

    def _horizon(self, type_: Type) -> ColumnElement[Any]:
        assert self.scope.as_of is not None
        if type_ is Type.INSTANT:
            return sa.literal(self.scope.as_of, INSTANT)
        local = self.scope.as_of.astimezone(self.scope.catalog.company.calendar.zone)
        day = local.date() if local.time() == time() else local.date() + timedelta(days=1)
        return sa.literal(day, sa.Date())

    # -- money ------------------------------------------------------------------------------------

    def _computed(self, name: str, column: Column) -> Value:
        value = self.value(column.expression.node)
        if column.currency is None:
            return value
        self.translator.narrowed.to(Type.DECIMAL, value)
        amount = sa.cast(value.sql, MONEY)
        node = column.currency.node
        report = self.scope.catalog.company.currency.report
        if isinstance(node, Literal) and node.value == report:
            return Value(amount, Type.DECIMAL)
        currency = sa.func.upper(self.value(node).sql)
        rate = self._rate(name, value.sql, node, currency)
        return Value(sa.cast(amount * sa.case((currency == report, 1), else_=rate), MONEY), Type.DECIMAL)

    def _rate(self, name: str, amount: ColumnElement[Any], node: Node,
              currency: ColumnElement[Any]) -> ColumnElement[Any]:  # fmt: skip
        report, rates = self.scope.catalog.company.currency.report, self.scope.catalog.company.currency.rates
        if rates is None:
            raise ExpressionError(
                f"column {name!r} is converted to {report}, but company.yml has no rates", 0
            )
        # Columns in one currency share the join.
        key = self._rates.setdefault(node, f"rate{len(self._rates)}")
        if key not in self._joins:
            day = self.translator.day(self.time())
            self._joins[key] = rates_join(self, f"{self.alias}_{key}", rates, currency, day, report)
        rate = label_of(f"{self.alias}_{key}", "rate", MONEY)
        missing = sa.and_(
            amount.is_not(None),
            sa.func.coalesce(currency != report, sa.true()),
            rate.is_(None),
            # What has not happened yet has no day, and no rate to miss.
            self.time().sql.is_not(None),
        )
        self._guard_rates(name, missing, report)
        return rate

    def _guard_rates(self, name: str, missing: ColumnElement[Any], report: str) -> None:
        label = f"rate:{self.dataset.dataset}.{name}"
        if label in self.scope.guards:
            return
        if self.alias != "t":
            # Seen through a lookup: the guard is the one of the dataset's own rows.
            Rows(self.scope, self.dataset, event=self.event, looked_up=self.looked_up).value(Name((name,)))
            return
        # Reserve the name first: the guard's own rows ask for the same column.
        self.scope.guard(label, sa.select(sa.literal(0)), "")
        rows = self.select({"missing": missing}).subquery()
        self.scope.guards[label] = Guard(
            label,
            sa.select(sa.func.count().label("found")).select_from(rows).where(rows.c.missing),
            f"rows of {self.dataset.dataset!r} have no exchange rate to {report} for column {name!r}",
        )

    # -- lookups ----------------------------------------------------------------------------------

    def _lookup_value(self, name: Name) -> Value:
        first, rest = name.parts[0], Name(name.parts[1:], offset=name.offset)
        if first not in self.dataset.lookups:
            known = self.dataset.lookups
            raise ExpressionError(f"dataset {self.dataset.dataset!r} has no lookup {first!r}{suggest(first, known)}",
                                  name.offset)  # fmt: skip
        if first not in self._joins:
            self._joins[first] = lookup_join(self, f"{self.alias}_{first}", self.dataset.lookups[first])
        return self._joins[first].value(rest)

    # -- the raw rows -----------------------------------------------------------------------------

    def _open(self) -> tuple[Any, Mapping[str, ColumnSpec]]:
        if not self.dataset.union:
            columns = self.scope.source.columns(self.dataset)
            return self.scope.source.table(self.dataset).alias(self.alias), columns
        datasets, whole = self.scope.catalog.datasets, self.scope.whole
        parts = [(Rows(whole, datasets[part.dataset]), part) for part in self.dataset.union]
        offered = [{**rows.offered, **part.columns} for rows, part in parts]
        shared = [name for name in offered[0] if all(name in each for each in offered)]
        values = [
            {
                name: rows.value(part.columns[name].node if name in part.columns else Name((name,)))
                for name in shared
            }
            for rows, part in parts
        ]
        found = {name: union_type(name, [each[name] for each in values]) for name in shared}
        # Wide tables share names by chance: only what is asked for must fit.
        self._clashing = {name: each for name, each in found.items() if isinstance(each, ExpressionError)}
        types = {name: each for name, each in found.items() if isinstance(each, Type)}
        selects = [
            rows.select({name: as_type(each[name], type_) for name, type_ in types.items()})
            for (rows, _), each in zip(parts, values, strict=True)
        ]
        union = sa.union_all(*selects).subquery(self.alias)
        return union, {name: ColumnSpec(type_) for name, type_ in types.items()}

    @property
    def offered(self) -> Mapping[str, object]:
        """Return the names of the raw and computed columns."""
        return {**dict.fromkeys(self._raw), **dict.fromkeys(self.dataset.columns)}


def event_time(dataset: Dataset) -> Expression | None:
    """Return a dataset's default event time: its `time`, else the start of its validity."""
    if dataset.time is not None:
        return dataset.time
    valid = dataset.valid
    return (valid.from_ or valid.snapshot) if valid else None


def default_time(dataset: Dataset) -> Node | None:
    """Return the expression tree of a dataset's default event time."""
    found = event_time(dataset)
    return found.node if found else None
