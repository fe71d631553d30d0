"""A refresh is due by a cron line of five fields."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.errors import Finding
from metrics.loading.loader import Places

CODE = "refresh-cron"


FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_FIELD = re.compile(r"(?:\*|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([1-9][0-9]?))?")


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for the first field of company.yml's cron line that cannot be read."""
    refresh = catalog.company.refresh
    if refresh is None:
        return
    fields = refresh.cron.split()
    if len(fields) != len(FIELDS):
        message = f"a cron line has 5 fields, got {len(fields)}: minute hour day month weekday"
        yield Finding(at("company", "", "refresh", "cron"), CODE, message)
        return
    for text, (name, least, most) in zip(fields, FIELDS, strict=True):
        if not all(_fits(part, least, most) for part in text.split(",")):
            message = f"the {name} {text!r} cannot be read: write * or numbers from {least} to {most}"
            yield Finding(at("company", "", "refresh", "cron"), CODE, message)
            return


def _fits(text: str, least: int, most: int) -> bool:
    found = _FIELD.fullmatch(text)
    if found is None:
        return False
    first, last = (int(each) if each else None for each in found.group(1, 2))
    if first is None:
        return True
    return least <= first <= (most if last is None else last) <= most
