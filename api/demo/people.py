"""Who works at the demo company, in which team, from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from api.demo.timeline import START, Floats, Texts, blank, days_to

DEPARTMENTS = ("marketing", "sales", "service")
_TEAMS = (
    ("marketing", "demand", 5), ("marketing", "brand", 3), ("sales", "new business", 10),
    ("sales", "accounts", 6), ("service", "support", 8), ("service", "delivery", 4),
)  # fmt: skip
# People who changed sides: user number, day, new department, new team.
_MOVES = (
    (7, date(2025, 3, 1), "sales", "new business"),
    (20, date(2025, 7, 1), "service", "support"),
    (28, date(2025, 10, 1), "sales", "accounts"),
    (12, date(2026, 1, 5), "marketing", "demand"),
)
# Who left, by user number; and who came, in the order of their numbers.
_LEFT = {
    3: date(2024, 2, 15), 25: date(2024, 3, 4), 11: date(2024, 5, 20), 15: date(2024, 9, 10),
    30: date(2024, 11, 18), 18: date(2025, 1, 31), 33: date(2025, 4, 30), 22: date(2025, 11, 14),
    29: date(2026, 7, 10),
}  # fmt: skip
_CAME = (
    ("marketing", "demand", date(2024, 4, 2)), ("service", "support", date(2024, 4, 15)),
    ("sales", "new business", date(2024, 7, 1)), ("sales", "new business", date(2024, 11, 4)),
    ("service", "support", date(2025, 1, 13)), ("sales", "accounts", date(2025, 3, 3)),
    ("service", "delivery", date(2025, 6, 2)), ("service", "support", date(2025, 9, 1)),
    ("marketing", "brand", date(2025, 10, 6)), ("sales", "new business", date(2026, 1, 12)),
    ("sales", "accounts", date(2026, 2, 2)), ("service", "delivery", date(2026, 4, 13)),
    ("service", "support", date(2026, 9, 21)),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One person's employment and first team; `left` is None while it lasts."""

    user: str
    department: str
    team: str
    joined: date
    left: date | None = None


@dataclass(frozen=True)
class Post:
    """One person's time in one team; `until` is None while it lasts."""

    user: str
    department: str
    team: str
    since: date
    until: date | None = None


def staff() -> tuple[Person, ...]:
    """Return everybody who works or worked here, by user number."""
    first = [(department, team, START) for department, team, count in _TEAMS for _ in range(count)]
    return tuple(
        Person(f"U{number:02d}", department, team, joined, _LEFT.get(number))
        for number, (department, team, joined) in enumerate((*first, *_CAME), start=1)
    )


def posts() -> tuple[Post, ...]:
    """Return everybody's posts, by user and day."""
    moves = {number: (day, department, team) for number, day, department, team in _MOVES}
    result = []
    for number, person in enumerate(staff(), start=1):
        if number in moves:
            day, department, team = moves[number]
            result.append(Post(person.user, person.department, person.team, person.joined, day))
            result.append(Post(person.user, department, team, day, person.left))
        else:
            result.append(Post(person.user, person.department, person.team, person.joined, person.left))
    return tuple(result)


def owners(rng: np.random.Generator, times: Floats, department: str) -> Texts:
    """Return for each time somebody who was in the department then."""
    drawn = rng.random(len(times))
    result = blank(len(times))
    everybody = posts()
    edges = {post.since for post in everybody} | {post.until for post in everybody if post.until}
    cuts = sorted(float(days_to(day)) for day in edges)
    for start, end in zip(cuts, [*cuts[1:], np.inf], strict=True):
        pool = np.array([post.user for post in everybody if post.department == department
                         and days_to(post.since) <= start
                         and (post.until is None or days_to(post.until) > start)], dtype=object)  # fmt: skip
        inside = (times >= start) & (times < end)
        result[inside] = pool[(drawn[inside] * len(pool)).astype(np.int64)]
    return result
