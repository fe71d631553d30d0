"""How colleagues meet: swaps, shadowing and secondments, and who sat in the joint reviews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from api.demo.people import DEPARTMENTS, posts
from api.demo.timeline import DAYS, MILESTONE, START, Booleans, Integers, Texts, identifiers

_KINDS = (("shadowing", 2), ("swap", 5), ("secondment", 28))
_INVITED = 4
_FIRST_REVIEW = date(2024, 1, 16)


@dataclass(frozen=True)
class Exchanges:
    """One element a stay with another department; days from the start."""

    exchange: Texts
    person: Texts
    kind: Texts
    host: Texts
    since: Integers
    until: Integers


@dataclass(frozen=True)
class Attendance:
    """One element a person invited to a review."""

    day: Integers
    person: Texts
    department: Texts
    attended: Booleans


def make_exchanges(rng: np.random.Generator) -> Exchanges:
    """Send a few people a year to another department; since the joint work about two a month."""
    milestone = (MILESTONE - START).days
    days = np.flatnonzero(rng.random(DAYS) < np.where(np.arange(DAYS) < milestone, 0.012, 0.068))
    rows = []
    for day in days:
        here = _present(START + timedelta(days=int(day)))
        person, home = here[int(rng.integers(len(here)))]
        others = [name for name in DEPARTMENTS if name != home]
        kind, most = _KINDS[int(rng.choice(3, p=[0.55, 0.35, 0.10]))]
        host = others[int(rng.integers(2))]
        rows.append((person, kind, host, int(day), int(day) + 1 + int(rng.integers(most))))
    persons, kinds, hosts = (np.array([row[place] for row in rows], dtype=object) for place in range(3))
    since, until = (np.array([int(row[place]) for row in rows]) for place in (3, 4))
    return Exchanges(identifiers("E", len(rows)), persons, kinds, hosts, since, until)


def make_attendance(rng: np.random.Generator) -> Attendance:
    """Hold a review each quarter, from the milestone on each month; four of each department are invited."""
    day, rows = _FIRST_REVIEW, []
    end = START + timedelta(days=DAYS)
    while day < end:
        joint = day >= MILESTONE
        here = _present(day)
        for department in DEPARTMENTS:
            mine = [person for person, home in here if home == department]
            invited = rng.choice(len(mine), size=min(_INVITED, len(mine)), replace=False)
            chance = (0.88 if joint else 0.55) - (0.10 if department == "service" else 0.0)
            rows += [((day - START).days, mine[place], department, rng.random() < chance)
                     for place in sorted(invited)]  # fmt: skip
        day = _third_tuesday(day, 1 if joint else 3)
    persons, departments = (np.array([row[place] for row in rows], dtype=object) for place in (1, 2))
    days, attended = np.array([row[0] for row in rows]), np.array([bool(row[3]) for row in rows])
    return Attendance(days, persons, departments, attended)


def _present(day: date) -> list[tuple[str, str]]:
    """Return who works here on a day, and in which department."""
    return [(post.user, post.department) for post in posts()
            if post.since <= day and (post.until is None or post.until > day)]  # fmt: skip


def _third_tuesday(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return first + timedelta(days=(1 - first.weekday()) % 7 + 14)
