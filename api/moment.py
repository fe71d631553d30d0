"""A day or an instant as people write it: one reading for the command line, the pages and the API."""

from __future__ import annotations

from datetime import UTC, date, datetime

from metrics.grain import Calendar, to_instant

_DAY = 10
"""How many letters an ISO day has."""


def moment_of(text: str) -> date | datetime:
    """Read an ISO day, or a day and time with or without an offset; raise ValueError where it is neither."""
    # In an address a plus sign is a blank.
    if len(text) <= _DAY:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)


def instant_of(moment: date | datetime, calendar: Calendar) -> datetime:
    """Return the instant of a moment: a day begins at the company's midnight, a time without offset is local.

    Raises OverflowError at either end of time.
    """
    if isinstance(moment, datetime):
        return moment.astimezone(UTC) if moment.tzinfo else to_instant(moment, calendar.zone)
    return calendar.instant(moment)
