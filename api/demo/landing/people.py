"""What personnel keeps: who works here, who spent time with another department, who came to the reviews."""

from __future__ import annotations

import numpy as np

from api.demo.exchange import Attendance, Exchanges
from api.demo.people import staff as everybody
from api.demo.tables import Columns
from api.demo.timeline import days_to, stamps


def staff() -> Columns:
    """Return who works or worked here."""
    people = everybody()
    left = [np.nan if person.left is None else float(days_to(person.left)) for person in people]
    return {
        "person_id": np.array([person.user for person in people], dtype=object),
        "department": np.array([person.department for person in people], dtype=object),
        "joined_on": stamps(np.array([float(days_to(person.joined)) for person in people])),
        "left_on": stamps(np.array(left)),
    }


def exchanges(rows: Exchanges) -> Columns:
    """Return stays with another department."""
    return {
        "exchange_id": rows.exchange,
        "person_id": rows.person,
        "kind": rows.kind,
        "host": rows.host,
        "started_on": stamps(rows.since.astype(np.float64)),
        "ended_on": stamps(rows.until.astype(np.float64)),
    }


def attendance(rows: Attendance) -> Columns:
    """Return who was invited to a review, and who came."""
    return {
        "review_on": stamps(rows.day.astype(np.float64)),
        "person_id": rows.person,
        "department": rows.department,
        "attended": rows.attended,
    }
