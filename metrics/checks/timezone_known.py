"""Time zones are those of the IANA database."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from metrics.catalog.catalog import Catalog
from metrics.catalog.walk import Path
from metrics.errors import Finding, suggest
from metrics.loading.loader import Places

CODE = "timezone-known"


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each time zone that does not exist."""
    company = catalog.company
    written: list[tuple[str, str, Path, str]] = [("company", "", ("timezone",), company.timezone)]
    written += [
        ("company", "", ("calendars", name, "timezone"), calendar.timezone)
        for name, calendar in company.calendars.items()
        if calendar.timezone is not None
    ]
    written += [("dataset", name, ("timezone",), each.timezone) for name, each in catalog.datasets.items()]
    for kind, name, path, zone in written:
        if not exists(zone):
            message = f"no time zone is called {zone!r}{_nearest(zone)}"
            yield Finding(at(kind, name, *path), CODE, message)


def _nearest(zone: str) -> str:
    # An abbreviation or an offset has near ones too, which are far away.
    places = (each for each in available_timezones() if "/" in each and not each.startswith("Etc/"))
    found = suggest(zone, places) if any(letter.islower() for letter in zone) else ""
    return found or ": write a name such as Europe/London"


def exists(zone: str) -> bool:
    """Tell whether the database has a time zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
