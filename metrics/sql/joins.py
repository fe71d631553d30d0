"""Joins that never add or lose rows: lookups by key, by validity, by first or last, and exchange rates.

Columns are added to a join as they are asked for; its subquery is built last. What must hold for a join to
be many-to-one is left with the scope as a guard.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

from metrics.catalog.company import Rates
from metrics.catalog.dataset import Crosswalk, Lookup
from metrics.dialect import MONEY, SA_TYPES, Type, Value
from metrics.errors import ExpressionError
from metrics.expressions.nodes import Call, Literal, Name, Operation
from metrics.grain import Span, Unit
from metrics.sql.finite import guard_finite
from metrics.sql.relation import Relation


class Join:
    """A many-to-one join onto a subquery; columns are added to it as they are asked for."""

    def __init__(self, rows: Relation, alias: str, target: Relation) -> None:
        self.rows = rows
        self.alias = alias
        self.target = target
        self.labels: dict[Name, tuple[str, Value]] = {}

    def value(self, name: Name) -> Value:
        """Return a column of the target, to be read from the joined subquery."""
        if name not in self.labels:
            self.labels[name] = (f"c{len(self.labels)}", self.target.value(name))
        label, value = self.labels[name]
        return Value(label_of(self.alias, label, SA_TYPES.get(value.type)), value.type)

    def columns(self) -> dict[str, ColumnElement[Any]]:
        """Return the columns that were asked for, by label."""
        return {label: value.sql for label, value in self.labels.values()}

    def attach(self, source: sa.FromClause) -> sa.FromClause:
        """Return the rows with the target joined to them, one row each."""
        raise NotImplementedError


class KeyJoin(Join):
    """A join on the target's key, at an instant where the target is a history or snapshot table."""

    def __init__(self, rows: Relation, alias: str, target: Relation, lookup: Lookup) -> None:
        super().__init__(rows, alias, target)
        keys, given = target.dataset.key, len(lookup.on)
        if not 0 < given <= len(keys):
            name = target.dataset.dataset
            raise ExpressionError(
                f"a lookup in {name!r} goes by its key: it has {len(keys)} columns, got {given}", 0
            )
        self.on = [rows.value(each.node) for each in lookup.on]
        self.keys = [target.value(Name((name,))) for name in target.dataset.key[: len(self.on)]]
        self.at = rows.value(lookup.valid_at.node) if lookup.valid_at else None
        self.span = validity(target) if self.at is not None else None
        self._guard()

    def _keyed(self) -> dict[str, ColumnElement[Any]]:
        keyed = {f"k{index}": value.sql for index, value in enumerate(self.keys)}
        if self.span is not None:
            start, end = self.span
            keyed |= {"valid_from": start.sql}
            following = sa.func.lead(start.sql).over(
                partition_by=[value.sql for value in self.keys], order_by=start.sql
            )
            keyed |= {"valid_to": following if end is None else end.sql}
        return keyed

    def attach(self, source: sa.FromClause) -> sa.FromClause:
        """Return the rows with the target joined to them, one row each."""
        target = self.target.select({**self._keyed(), **self.columns()}).subquery(self.alias)
        terms = [self.rows.translator.compare("=", own, Value(target.c[f"k{index}"], value.type), 0).sql
                 for index, (own, value) in enumerate(zip(self.on, self.keys, strict=True))]  # fmt: skip
        if self.at is not None and self.span is not None:
            compare = self.rows.translator.compare
            start = Value(target.c.valid_from, self.span[0].type)
            end = Value(target.c.valid_to, (self.span[1] or self.span[0]).type)
            terms.append(compare("<=", start, self.at, 0).sql)
            terms.append(sa.or_(target.c.valid_to.is_(None), compare("<", self.at, end, 0).sql))
        return sa.outerjoin(source, target, sa.and_(*terms))

    def _guard(self) -> None:
        name = self.target.dataset.dataset
        columns = ", ".join(self.target.dataset.key[: len(self.keys)])
        fresh = self.target.again()
        keys = {
            f"k{i}": fresh.value(Name((key,))).sql
            for i, key in enumerate(self.target.dataset.key[: len(self.keys)])
        }
        if self.span is None:
            rows = fresh.select(keys).subquery()
            twice = sa.select(*rows.c).where(*(column.is_not(None) for column in rows.c))
            twice = twice.group_by(*rows.c).having(sa.func.count() > 1)
            select = sa.select(sa.func.count().label("found")).select_from(twice.subquery())
            message = f"keys of {name!r} ({columns}) stand on more than one row, so a lookup would fan out"
            self.rows.scope.guard(f"unique:{name}:{columns}", select, message)
            return
        start, end = validity(fresh)
        order = sa.func.lead(start.sql).over(partition_by=list(keys.values()), order_by=start.sql)
        open_end = sa.literal(False) if end is None else sa.func.coalesce(end.sql > order, order.is_not(None))
        clash = sa.or_(order == start.sql, open_end)
        rows = fresh.select({"clash": clash}).subquery()
        select = sa.select(sa.func.count().label("found")).select_from(rows).where(rows.c.clash)
        message = f"rows of {name!r} ({columns}) are valid at the same time, so a lookup would fan out"
        self.rows.scope.guard(f"valid:{name}:{columns}", select, message)


class PickJoin(Join):
    """The first or last row of an entity before or after a moment of the row."""

    def __init__(self, rows: Relation, alias: str, target: Relation, lookup: Lookup) -> None:
        super().__init__(rows, alias, target)
        if not rows.dataset.key:
            raise ExpressionError(f"dataset {rows.dataset.dataset!r} needs a key to pick rows for", 0)
        self.lookup = lookup

    def attach(self, source: sa.FromClause) -> sa.FromClause:
        """Return the rows with the target joined to them, one row each."""
        lookup, compare = self.lookup, self.rows.translator.compare
        entity = lookup.by or ""
        own = self.rows.again(f"{self.alias}_o")
        bounds = {
            name: own.value(node.node)
            for name, node in (("before", lookup.before), ("after", lookup.after))
            if node
        }
        key = {f"k{index}": column for index, column in enumerate(own.key())}
        base = own.select(
            {**key, "entity": own.entity(entity), **{name: value.sql for name, value in bounds.items()}}
        ).subquery(f"{self.alias}_b")
        moment = self.target.time()
        ties = {f"t{index}": column for index, column in enumerate(self.target.key())}
        target = self.target.select(
            {"entity": self.target.entity(entity), "moment": moment.sql, **ties, **self.columns()}
        ).subquery(f"{self.alias}_t")
        at = Value(target.c.moment, moment.type)
        terms = [base.c.entity == target.c.entity, target.c.moment.is_not(None)]
        shift = self.rows.translator.shift
        for name, value in bounds.items():
            bound = Value(base.c[name], value.type)
            terms.append(compare("<" if name == "before" else ">=", at, bound, 0).sql)
            if lookup.within:
                limit = shift(bound, lookup.within, -1 if name == "before" else 1)
                terms.append(compare(">=" if name == "before" else "<", at, limit, 0).sql)
        last = lookup.pick == "last"
        order = [target.c.moment, *(target.c[name] for name in ties)]
        rank = sa.func.row_number().over(
            partition_by=[base.c[name] for name in key],
            order_by=[column.desc().nulls_last() if last else column.asc() for column in order],
        )
        ranked = (
            sa.select(
                *(base.c[name] for name in key),
                *(target.c[label] for label in self.columns()),
                rank.label("rank"),
            )
            .select_from(sa.join(base, target, sa.and_(*terms)))
            .subquery(f"{self.alias}_r")
        )
        one = sa.select(*ranked.c).where(ranked.c.rank == 1).subquery(self.alias)
        mine = self.rows.key()
        return sa.outerjoin(
            source, one, sa.and_(*(column == one.c[f"k{index}"] for index, column in enumerate(mine)))
        )


class RatesJoin(Join):
    """The exchange rate that was in force on the row's day."""

    def __init__(self, rows: Relation, alias: str, target: Relation, rates: Rates, currency: ColumnElement[Any],
                 day: ColumnElement[Any], report: str) -> None:  # fmt: skip
        super().__init__(rows, alias, target)
        self.rates, self.currency, self.day, self.report = rates, currency, day, report

    def attach(self, source: sa.FromClause) -> sa.FromClause:
        """Return the rows with the target joined to them, one row each."""
        target, rates = self.target, self.rates
        translator = target.translator
        base = sa.func.upper(target.value(rates.base.node).sql)
        day = target.value(rates.date.node)
        start = translator.day(day)
        # A rate serves up to its greatest age, that day included.
        oldest = translator.shift(Value(start, Type.DATE), rates.max_age)
        expires = translator.day(translator.shift(oldest, Span(1, Unit.DAY)))
        following = sa.func.lead(start).over(partition_by=base, order_by=start)
        quoted = sa.func.upper(target.value(rates.quote.node).sql) == self.report
        inner = target.select(
            {
                "base": base,
                "valid_from": start,
                "valid_to": sa.func.least(expires, following, type_=sa.Date()),
                "rate": sa.cast(target.value(rates.rate.node).sql, MONEY),
            },
            [sa.func.coalesce(quoted, sa.false()), start.is_not(None)],
        ).subquery(self.alias)
        on = sa.and_(
            inner.c.base == self.currency, inner.c.valid_from <= self.day, self.day < inner.c.valid_to
        )
        return sa.outerjoin(source, inner, on)


class CrosswalkJoin(Join):
    """The one entity that a system's own id stands for."""

    def __init__(self, rows: Relation, alias: str, target: Relation, crosswalk: Crosswalk,
                 own: ColumnElement[Any], system: str) -> None:  # fmt: skip
        super().__init__(rows, alias, target)
        self.crosswalk, self.own, self.system = crosswalk, own, system

    def attach(self, source: sa.FromClause) -> sa.FromClause:
        """Return the rows with the target joined to them, one row each."""
        inner = self.target.select(*crosswalk_rows(self.target, self.crosswalk, self.system)).subquery(
            self.alias
        )
        return sa.outerjoin(source, inner, inner.c.own == self.own)


def lookup_join(rows: Relation, alias: str, lookup: Lookup) -> Join:
    """Build the join of a lookup."""
    target = rows.of(lookup.dataset, f"{alias}_x")
    return PickJoin(rows, alias, target, lookup) if lookup.pick else KeyJoin(rows, alias, target, lookup)


def rates_join(rows: Relation, alias: str, rates: Rates, currency: ColumnElement[Any],
                day: ColumnElement[Any], report: str) -> Join:  # fmt: skip
    """Build the join of a row to the exchange rate of its day."""
    fresh = rows.of(rates.dataset)
    dataset = fresh.dataset
    columns = {
        name: fresh.value(node.node).sql
        for name, node in (("base", rates.base), ("quote", rates.quote), ("day", rates.date))
    }
    # A day that is not known yet, under as-of, reads as null: no rate of that day is looked up.
    inner = fresh.select(columns, [columns["day"].is_not(None)]).subquery()
    twice = sa.select(*inner.c).group_by(*inner.c).having(sa.func.count() > 1).subquery()
    rows.scope.guard(
        f"unique:{dataset.dataset}:rates",
        sa.select(sa.func.count().label("found")).select_from(twice),
        f"days of {dataset.dataset!r} hold more than one rate for one currency pair",
    )
    in_report = Operation("=", (Call("upper", (rates.quote.node,)), Literal(report)))
    guard_finite(rows.of(rates.dataset), rates.rate.node, (in_report,))
    return RatesJoin(rows, alias, rows.of(rates.dataset, f"{alias}_x"), rates, currency, day, report)


def crosswalk_rows(
    target: Relation, crosswalk: Crosswalk, system: str
) -> tuple[dict[str, ColumnElement[Any]], list[ColumnElement[Any]]]:
    """Return one system's ids and the entities that they stand for, and the condition that picks them."""
    own, entity = (
        sa.cast(target.value(Name((name,))).sql, sa.Text()) for name in (crosswalk.id, crosswalk.entity)
    )
    picked = sa.cast(target.value(Name((crosswalk.system,))).sql, sa.Text()) == system
    return {"own": own, "entity": entity}, [sa.func.coalesce(picked, sa.false()), own.is_not(None)]


def crosswalk_join(
    rows: Relation, alias: str, crosswalk: Crosswalk, own: ColumnElement[Any], system: str
) -> Join:
    """Build the join of a system's own id to the entity that it stands for."""
    fresh = rows.of(crosswalk.dataset)
    inner = fresh.select(*crosswalk_rows(fresh, crosswalk, system)).subquery()
    twice = sa.select(inner.c.own).group_by(inner.c.own).having(sa.func.count() > 1).subquery()
    rows.scope.guard(
        f"unique:{crosswalk.dataset}:{system}",
        sa.select(sa.func.count().label("found")).select_from(twice),
        f"ids of {system!r} in {crosswalk.dataset!r} stand for more than one entity",
    )
    return CrosswalkJoin(rows, alias, rows.of(crosswalk.dataset, f"{alias}_x"), crosswalk, own, system)


def validity(rows: Relation) -> tuple[Value, Value | None]:
    """Return when rows of a history or snapshot table become and stop being valid; None: at the next row."""
    valid = rows.dataset.valid
    start = (valid.from_ or valid.snapshot) if valid else None
    if valid is None or start is None:
        raise ExpressionError(f"dataset {rows.dataset.dataset!r} has no `valid`", 0)
    return rows.value(start.node), rows.value(valid.to.node) if valid.to else None


def label_of(alias: str, label: str, type_: Any = None) -> ColumnElement[Any]:
    """Return a column of a subquery that is built later, when all its columns are known."""
    # Both parts are made here from checked names; the subquery that they belong to is built last.
    return sa.literal_column(f"{alias}.{label}", type_)
