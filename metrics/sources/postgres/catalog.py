"""What PostgreSQL's own catalog says of a table: its columns with types and grants, and where it may lie."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_MOST_SCHEMAS = 3


def _system(name: str, alias: str, columns: str) -> sa.FromClause:
    return sa.table(name, *(sa.column(column) for column in columns.split()), schema="pg_catalog").alias(
        alias
    )


def columns_of(written: str) -> sa.Select[Any]:
    """Select name, type, kind ('e': an enum) and `granted` of a table's columns; a domain is what it stands on."""
    attribute = _system("pg_attribute", "a", "attrelid attname atttypid attnum attisdropped")
    columns = "oid typname typtype typbasetype"
    declared, base = _system("pg_type", "t", columns), _system("pg_type", "b", columns)
    chain = sa.select(
        declared.c.oid.label("declared"), declared.c.typname, declared.c.typtype, declared.c.typbasetype
    ).cte("types", recursive=True)
    # A domain may stand on another domain.
    chain = chain.union_all(
        sa.select(chain.c.declared, base.c.typname, base.c.typtype, base.c.typbasetype).where(
            base.c.oid == chain.c.typbasetype, sa.cast(chain.c.typtype, sa.Text()) == "d"
        )
    )
    granted = sa.func.has_column_privilege(attribute.c.attrelid, attribute.c.attnum, "SELECT")
    return (
        sa.select(
            attribute.c.attname.label("name"),
            chain.c.typname.label("type"),
            sa.cast(chain.c.typtype, sa.Text()).label("kind"),
            granted.label("granted"),
        )
        .select_from(sa.join(attribute, chain, attribute.c.atttypid == chain.c.declared))
        .where(attribute.c.attrelid == sa.func.to_regclass(written))
        .where(sa.cast(chain.c.typtype, sa.Text()) != "d")
        .where(attribute.c.attnum > 0, sa.not_(sa.cast(attribute.c.attisdropped, sa.Boolean())))
        .order_by(attribute.c.attnum)
    )


def schemas_of(table: str) -> sa.Select[Any]:
    """Select the first schemas in which there is a table or view of a name."""
    relation = _system("pg_class", "c", "relname relnamespace relkind")
    schema = _system("pg_namespace", "n", "oid nspname")
    return (
        sa.select(schema.c.nspname.label("schema"))
        .select_from(sa.join(relation, schema, relation.c.relnamespace == schema.c.oid))
        .where(relation.c.relname == table)
        .where(sa.cast(relation.c.relkind, sa.Text()).in_(["r", "p", "v", "m", "f"]))
        .order_by(schema.c.nspname)
        .limit(_MOST_SCHEMAS)
    )
