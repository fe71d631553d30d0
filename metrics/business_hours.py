"""When a business is open: hours by weekday as definitions write them, and holidays from a CSV file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from metrics.errors import Finding, Position, suggest

HOLIDAYS = "holidays-file"
"""The code of what is wrong with a file of holidays."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY = 24 * 60
MAX_BYTES = 1 << 20
MAX_FINDINGS = 20

_DAYS = re.compile(f"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))?")
_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_FIELD = re.compile(r'(?:^|,)[ \t]*("(?:[^"]|"")*"[ \t]*|[^,]*)')
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Stretch = tuple[int, int]
"""Minutes of a local day from its midnight: [opens, closes)."""
Week = tuple[tuple[Stretch, ...], ...]
"""The stretches of each weekday from Monday, in order, none overlapping another."""
Hours = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Problem:
    """What is wrong with the hours of one key, at the key itself or at a value (the index of a list)."""

    days: str
    message: str
    key: bool = False
    index: int | None = None


def week_of(hours: Hours) -> Week:
    """Return the stretches of each weekday, those that touch joined; what cannot be read is left out."""
    days: list[list[Stretch]] = [[] for _ in DAYS]
    for key, written in hours.items():
        for index in _weekdays(key) or ():
            days[index] += [found for text in _listed(written) if (found := _stretch(text))]
    return tuple(tuple(_joined(sorted(each))) for each in days)


def problems(hours: Hours) -> Iterator[Problem]:
    """Yield what is wrong with hours: days that are none or stand twice, hours that are none or overlap."""
    seen: set[int] = set()
    for key, written in hours.items():
        days = _weekdays(key)
        if days is None:
            yield Problem(key, f"{key!r} are not weekdays such as mon-fri or sat", key=True)
        elif not days or seen.intersection(days):
            yield Problem(key, f"{key!r} runs backwards or names a day again", key=True)
        seen.update(days or ())
        earlier: list[tuple[Stretch, str]] = []
        for index, text in enumerate(_listed(written)):
            found = _stretch(text)
            place = None if isinstance(written, str) else index
            if found is None:
                yield Problem(key, f"{text!r} are not hours such as 09:00-17:30", index=place)
                continue
            other = next((said for each, said in earlier if found[0] < each[1] and each[0] < found[1]), None)
            if other is not None:
                yield Problem(key, f"{text!r} overlaps {other!r}", index=place)
            earlier.append((found, text))


def _listed(written: str | tuple[str, ...]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else written


def _weekdays(text: str) -> range | None:
    """Return the weekdays that a key names, none where it runs backwards; None where it is no such name."""
    found = _DAYS.fullmatch(text)
    if found is None:
        return None
    return range(DAYS.index(found[1]), DAYS.index(found[2] or found[1]) + 1)


def _stretch(text: str) -> Stretch | None:
    found = _HOURS.fullmatch(text)
    if found is None:
        return None
    opens, closes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return (opens, closes) if opens < closes <= WHOLE_DAY else None


def _joined(stretches: list[Stretch]) -> Iterator[Stretch]:
    last: Stretch | None = None
    for each in stretches:
        if last is not None and each[0] <= last[1]:
            last = (last[0], max(last[1], each[1]))
            continue
        if last is not None:
            yield last
        last = each
    if last is not None:
        yield last


def read_holidays(content: bytes, file: str) -> tuple[tuple[date, ...], tuple[Finding, ...]]:
    """Read a CSV file with a column `date`; return its days in order, and what is wrong in it."""
    if len(content) > MAX_BYTES:
        return (), (_finding(file, 1, 1, f"the file is larger than {MAX_BYTES} bytes"),)
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return (), (_finding(file, 1, 1, "the file is not UTF-8"),)
    header = [name for _, name in _fields(lines[0])] if lines else []
    if "date" not in header:
        message = f"the file has no column 'date'{suggest('date', header)}"
        return (), (_finding(file, 1, 1, message),)
    days: set[date] = set()
    findings: list[Finding] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        fields, index = _fields(line), header.index("date")
        column, text = fields[index] if index < len(fields) else (len(line) + 1, "")
        day = _day(text)
        if day is not None:
            days.add(day)
        elif len(findings) < MAX_FINDINGS:
            findings.append(_finding(file, number, column, f"{text!r} is not a day such as 2026-12-25"))
    return tuple(sorted(days)), tuple(findings)


def _finding(file: str, line: int, column: int, message: str) -> Finding:
    return Finding(Position(file, line, column), HOLIDAYS, message)


def _fields(line: str) -> list[tuple[int, str]]:
    """Return the fields of a line: the column at which each begins, from 1, and its text without quotes."""
    found = []
    for each in _FIELD.finditer(line):
        text = each[1].strip()
        quoted = len(text) > 1 and text[0] == text[-1] == '"'
        found.append((each.start(1) + 1, text[1:-1].replace('""', '"').strip() if quoted else text))
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        return None
