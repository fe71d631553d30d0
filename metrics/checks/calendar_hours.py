"""Business calendars have weekdays, and hours that end after they start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metrics.definitions import Places
from metrics.errors import Finding
from metrics.model import BusinessCalendar, Catalog

CODE = "calendar-hours"


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS = re.compile(f"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))?")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each line of hours that cannot be read."""
    for name, calendar in catalog.company.calendars.items():
        for days, key, message in _problems(calendar):
            yield Finding(at("company", "", "calendars", name, "hours", days, key=key), CODE, message)


def _problems(calendar: BusinessCalendar) -> Iterator[tuple[str, bool, str]]:
    seen: set[str] = set()
    for days, hours in calendar.hours.items():
        found = _DAYS.fullmatch(days)
        if found is None:
            yield days, True, f"{days!r} are not weekdays such as mon-fri or sat"
        else:
            first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
            covered = set(DAYS[first : last + 1])
            if not covered or covered & seen:
                yield days, True, f"{days!r} runs backwards or names a day again"
            seen |= covered
        read = _HOURS.fullmatch(hours)
        if read is None or not (read[1], read[2]) < (read[3], read[4]) <= ("24", "00"):
            yield days, False, f"{hours!r} are not hours such as 09:00-17:30"
