"""The moment that a query names, as an instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from api.moment import instant_of, moment_of
from metrics.grain import Calendar


def instant_in(query: Mapping[str, Any], calendar: Calendar, name: str = "as_known") -> datetime | None:
    """Return the instant that a parameter names, None where it is left out; raise ValidationError."""
    text = query.get(name)
    if text is None:
        return None
    try:
        return instant_of(moment_of(text), calendar)
    except (ValueError, OverflowError) as error:
        # At either end of time an instant is one in its own zone alone.
        raise ValidationError([f"{text!r} is not a day or an instant (ISO 8601)."], name) from error
