"""Loads tables as Fivetran lands them, into DuckDB and PostgreSQL: the columns that the starters read, typed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa

TEXT, WHOLE, NUMBER, TRUTH, DAY, INSTANT = (
    "text",
    "bigint",
    "double precision",
    "boolean",
    "date",
    "timestamptz",
)

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

# What the loader lands, by table. Salesforce's ids are texts, HubSpot's and Zendesk's are numbers.
LAYOUT: dict[str, dict[str, str]] = {
    "salesforce.lead": {
        "id": TEXT, "email": TEXT, "lead_source": TEXT, "industry": TEXT, "created_date": INSTANT,
        "is_converted": TRUTH, "converted_date": DAY, "converted_contact_id": TEXT,
        "converted_opportunity_id": TEXT, "is_deleted": TRUTH, "_fivetran_synced": INSTANT,
    },
    "salesforce.opportunity": {
        "id": TEXT, "amount": NUMBER, "created_date": INSTANT, "close_date": DAY, "is_closed": TRUTH,
        "is_won": TRUTH, "is_deleted": TRUTH, "lead_source": TEXT, "type": TEXT, "_fivetran_synced": INSTANT,
    },
    "salesforce.task": {
        "id": TEXT, "who_id": TEXT, "is_closed": TRUTH, "is_deleted": TRUTH, "completed_date_time": INSTANT,
        "_fivetran_synced": INSTANT,
    },
    "salesforce.event": {
        "id": TEXT, "who_id": TEXT, "start_date_time": INSTANT, "is_deleted": TRUTH, "is_recurrence": TRUTH,
        "is_child": TRUTH, "_fivetran_synced": INSTANT,
    },
    "salesforce.contact": {"id": TEXT, "email": TEXT, "is_deleted": TRUTH, "_fivetran_synced": INSTANT},
    "hubspot.contact": {
        "id": WHOLE, "property_email": TEXT, "property_createdate": INSTANT, "_fivetran_deleted": TRUTH,
        "_fivetran_synced": INSTANT,
    },
    "hubspot.deal": {
        "deal_id": WHOLE, "deal_pipeline_id": TEXT, "deal_pipeline_stage_id": TEXT, "is_deleted": TRUTH,
        "property_createdate": INSTANT, "property_closedate": INSTANT,
    },
    "hubspot.deal_contact": {"deal_id": WHOLE, "contact_id": WHOLE, "type_id": WHOLE},
    "hubspot.deal_pipeline_stage": {"stage_id": TEXT, "is_closed": TRUTH, "closed_won": TRUTH},
    "hubspot.email_event": {
        "id": TEXT, "type": TEXT, "recipient": TEXT, "created": INSTANT, "filtered_event": TRUTH,
        "_fivetran_synced": INSTANT,
    },
    "zendesk.ticket": {
        "id": WHOLE, "created_at": INSTANT, "status": TEXT, "requester_id": WHOLE, "submitter_id": WHOLE,
        "via_channel": TEXT, "priority": TEXT, "_fivetran_synced": INSTANT,
    },
    "zendesk.ticket_comment": {
        "id": WHOLE, "ticket_id": WHOLE, "user_id": WHOLE, "public": TRUTH, "created": INSTANT,
        "_fivetran_synced": INSTANT,
    },
    "zendesk.ticket_field_history": {
        "field_name": TEXT, "ticket_id": WHOLE, "updated": INSTANT, "value": TEXT, "_fivetran_synced": INSTANT,
    },
    "zendesk.user": {"id": WHOLE, "role": TEXT, "email": TEXT, "_fivetran_synced": INSTANT},
    "stripe.balance_transaction": {
        "id": TEXT, "type": TEXT, "amount": WHOLE, "currency": TEXT, "created": INSTANT,
        "_fivetran_synced": INSTANT,
    },
    "stripe.charge": {
        "id": TEXT, "amount": WHOLE, "currency": TEXT, "created": INSTANT, "customer_id": TEXT, "status": TEXT,
        "captured": TRUTH, "livemode": TRUTH, "payment_intent_id": TEXT,
    },
    "stripe.refund": {
        "id": TEXT, "amount": WHOLE, "currency": TEXT, "created": INSTANT, "status": TEXT, "reason": TEXT,
    },
    "stripe.customer": {"id": TEXT, "email": TEXT, "livemode": TRUTH},
    "stripe.invoice": {
        "id": TEXT, "customer_id": TEXT, "status": TEXT, "livemode": TRUTH, "is_deleted": TRUTH,
    },
    "stripe.invoice_line_item": {
        "id": TEXT, "invoice_id": TEXT, "subscription_id": TEXT, "amount": WHOLE, "currency": TEXT,
        "proration": TRUTH, "livemode": TRUTH, "period_start": INSTANT, "period_end": INSTANT,
    },
    "stripe.subscription_history": {
        "id": TEXT, "customer_id": TEXT, "status": TEXT, "start_date": INSTANT, "ended_at": INSTANT,
        "trial_end": INSTANT, "livemode": TRUTH, "_fivetran_active": TRUTH,
    },
    "google_ads.campaign_stats": {
        "_fivetran_id": TEXT, "id": WHOLE, "date": DAY, "cost_micros": WHOLE, "clicks": WHOLE,
        "ad_network_type": TEXT, "device": TEXT, "_fivetran_synced": INSTANT,
    },
    "google_ads.campaign_history": {"id": WHOLE, "updated_at": INSTANT, "name": TEXT},
}  # fmt: skip

_CSV = {"salesforce": "sf_{}_data.csv"}


@dataclass(frozen=True)
class Landed:
    """Tables with their columns' types, and their rows."""

    columns: Mapping[str, Mapping[str, str]]
    rows: Rows


def seeds(folder: Path) -> Landed:
    """Return the published tiny tables with all of their columns; those that no starter reads are texts.

    Columns that a starter reads and that a file lacks are null.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    layout: dict[str, dict[str, str]] = {}
    for table, columns in LAYOUT.items():
        schema, name = table.split(".")
        path = folder / schema / _CSV.get(schema, "{}_data.csv").format(name)
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            layout[table] = {**dict.fromkeys(reader.fieldnames or (), TEXT), **columns}
            found[table] = [
                {column: _typed(line.get(column), type_) for column, type_ in layout[table].items()}
                for line in reader
            ]
    return Landed(layout, found)


def _typed(text: str | None, type_: str) -> Any:
    if text is None or text == "":
        return None
    if type_ == WHOLE:
        return int(float(text))
    if type_ == NUMBER:
        return float(text)
    if type_ == TRUTH:
        return {"true": True, "false": False}[text.lower()]
    if type_ in (DAY, INSTANT):
        day, _, clock = text.replace("T", " ").partition(" ")
        # Some of the files write 6:49:18, and fractions of any length.
        hours, _, rest = clock.partition(":")
        moment = datetime.fromisoformat(f"{day}T{hours.zfill(2)}:{rest}" if clock else day).replace(
            tzinfo=UTC
        )
        return moment.date() if type_ == DAY else moment
    return text


def into_duckdb(path: Path, landed: Landed, naive: bool = False) -> str:
    """Make a database file with the tables, and return its URL; `naive`: instants without a zone, in UTC."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table, columns in landed.columns.items():
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(_create(table, columns, naive))
            lines = [_line(row, columns, naive) for row in landed.rows.get(table, ())]
            if lines:
                # One value at a time takes minutes: DuckDB loads columns.
                loaded = pa.table(dict(zip(columns, zip(*lines, strict=True), strict=True)))
                connection.register("loaded", loaded)
                connection.execute(f"insert into {_quoted(table)} select * from loaded")
                connection.unregister("loaded")
    return f"duckdb:///{path}"


def into_postgres(connection: psycopg.Connection[Any], landed: Landed) -> None:
    """Make the tables in a database."""
    for table, columns in landed.columns.items():
        connection.execute(f"create schema if not exists {table.split('.')[0]}".encode())
        connection.execute(_create(table, columns, naive=False).encode())
        with connection.cursor() as cursor, cursor.copy(f"copy {_quoted(table)} from stdin".encode()) as copy:
            for row in landed.rows.get(table, ()):
                copy.write_row(_line(row, columns, naive=False))


def _create(table: str, columns: Mapping[str, str], naive: bool) -> str:
    types = {name: "timestamp" if naive and type_ == INSTANT else type_ for name, type_ in columns.items()}
    lines = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
    return f"create table {_quoted(table)} ({lines})"


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))


def _line(row: Mapping[str, Any], columns: Iterable[str], naive: bool) -> list[Any]:
    line = [row.get(column) for column in columns]
    if not naive:
        return line
    return [value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in line]
