"""Business calendars have weekdays, and hours that end after they start and do not overlap."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.business_hours import problems, week_of
from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "calendar-hours"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each line of hours that cannot be read, and for a calendar that never opens."""
    for name, calendar in catalog.company.calendars.items():
        path = ("calendars", name, "hours")
        found = list(problems(calendar.hours))
        for each in found:
            place = (*path, each.days) if each.index is None else (*path, each.days, each.index)
            yield Finding(at("company", "", *place, key=each.key), CODE, each.message)
        if not found and not any(week_of(calendar.hours)):
            yield Finding(at("company", "", *path), CODE, "the calendar is never open: write hours")
