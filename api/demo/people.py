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


@dataclass(frozen=True)
class Post:
    """One person's time in one team; `until` is None while it lasts."""

    user: str
    department: str
    team: str
    since: date
    until: date | None = None


def posts() -> tuple[Post, ...]:
    """Return everybody's posts, by user and day."""
    staff = [(department, team) for department, team, count in _TEAMS for _ in range(count)]
    moves = {number: (day, department, team) for number, day, department, team in _MOVES}
    result = []
    for number, (department, team) in enumerate(staff, start=1):
        user = f"U{number:02d}"
        if number in moves:
            day, new_department, new_team = moves[number]
            result.append(Post(user, department, team, START, day))
            result.append(Post(user, new_department, new_team, day))
        else:
            result.append(Post(user, department, team, START))
    return tuple(result)


def owners(rng: np.random.Generator, times: Floats, department: str) -> Texts:
    """Return for each time somebody who was in the department then."""
    drawn = rng.random(len(times))
    result = blank(len(times))
    everybody = posts()
    cuts = sorted({0.0, *(float(days_to(post.since)) for post in everybody)})
    for start, end in zip(cuts, [*cuts[1:], np.inf], strict=True):
        pool = np.array([post.user for post in everybody if post.department == department
                         and days_to(post.since) <= start
                         and (post.until is None or days_to(post.until) > start)], dtype=object)  # fmt: skip
        inside = (times >= start) & (times < end)
        result[inside] = pool[(drawn[inside] * len(pool)).astype(np.int64)]
    return result
