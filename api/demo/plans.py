"""Coffee plans: a monthly fee for beans. Taken, raised, lowered, given up, and sometimes taken again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.demo.deals import Accounts
from api.demo.leads import each
from api.demo.orders import Orders
from api.demo.timeline import (
    DAYS,
    Booleans,
    Floats,
    Integers,
    Texts,
    between,
    blank,
    happened,
    identifiers,
    office_time,
    pick,
)

LEVELS = ("small", "standard", "large")
_FEE = (95.0, 170.0, 310.0)
_FIRST = {"cafe": (0.5, 0.4, 0.1), "office": (0.25, 0.5, 0.25), "hotel": (0.1, 0.4, 0.5)}
_TAKES = {"right": 1.0, "stretch": 0.75, "wrong": 0.4}
_GIVES_UP = {"right": 0.8, "stretch": 1.5, "wrong": 2.6}
_LOOK = 6.0
_REASONS = {"price": 0.36, "moved": 0.20, "closed": 0.24, "product": 0.20}


@dataclass(frozen=True)
class Plans:
    """One element a plan at one level, in days; `number` is the account's place. NaN: it goes on."""

    plan: Texts
    number: Integers
    level: Texts
    fee: Floats
    started: Floats
    ended: Floats
    end: Texts

    @property
    def cancelled(self) -> Integers:
        """Return the places of plans that were given up and not changed for another."""
        return np.flatnonzero(self.end == "cancelled")


@dataclass(frozen=True)
class Cancels:
    """One element a contact of somebody who wants to cancel; `plan` is the plan's place."""

    contact: Texts
    plan: Integers
    when: Floats
    handed_on: Booleans
    saved: Booleans


@dataclass(frozen=True)
class Exits:
    """One element an exit survey; the reason is None where it was not answered."""

    plan: Integers
    left: Floats
    reason: Texts


def make_plans(rng: np.random.Generator, accounts: Accounts, orders: Orders) -> Plans:
    """Let customers take plans after their first order, and live through them month by month."""
    size = len(accounts.account)
    first, last = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(first, orders.number, orders.ordered)
    np.maximum.at(last, orders.number, orders.ordered)
    first = np.where(np.isinf(first), np.nan, first)
    share = between(np.nan_to_num(first), 0.38, 0.50) * each(accounts.fit, _TAKES)
    # Those who mean to stay take plans, those who leave soon seldom do.
    loyal = (last > DAYS - 45.0) | (last - np.nan_to_num(first) > 400.0)
    share = np.minimum(share * np.where(loyal, 1.25, 0.45), 0.95)
    start = np.floor(first + 12.0 + 130.0 * rng.beta(1.2, 2.2, size))
    takes = (rng.random(size) < share) & (start < np.minimum(last, DAYS - 1.0))
    rows: list[tuple[int, int, float, float, str | None]] = []
    for place in np.flatnonzero(takes):
        gone = np.inf if last[place] > DAYS - 45.0 else last[place] + 21.0
        rows += _life(rng, int(place), start[place], gone, accounts.segment[place], accounts.fit[place])
    rows.sort(key=lambda row: (row[2], row[0]))
    number = np.array([row[0] for row in rows], dtype=np.int64)
    level = np.array([row[1] for row in rows], dtype=np.int64)
    started = np.array([row[2] for row in rows])
    end = np.array([row[4] for row in rows], dtype=object)
    fee = np.round(np.array(_FEE)[level] * (1.0 + 0.03 * np.floor(started / 365.25)), 0)
    return Plans(identifiers("M", len(rows)), number, np.array(LEVELS, dtype=object)[level], fee, started,
                 np.array([row[3] for row in rows]), end)  # fmt: skip


def _life(
    rng: np.random.Generator, place: int, start: float, gone: float, segment: str, fit: str
) -> list[tuple[int, int, float, float, str | None]]:
    """Return an account's plans: place, level, start, end (NaN: it goes on) and how it ended."""
    rows: list[tuple[int, int, float, float, str | None]] = []
    level, since, day = int(rng.choice(3, p=_FIRST[segment])), start, start
    while True:
        effect = float(between(np.array([day]), 0.0, 1.0)[0])
        leave = (0.026 - 0.016 * effect) * _GIVES_UP[fit]
        raise_, lower = (0.014 + 0.034 * effect) * (level < 2), (0.012 - 0.006 * effect) * (level > 0)
        months = float(rng.geometric(min(0.9, leave + raise_ + lower)))
        if months > _LOOK and gone > day + 30.4 * _LOOK:
            # Habits change with the joint work: look again later.
            day += np.floor(30.4 * _LOOK)
            if day < DAYS:
                continue
            rows.append((place, level, since, np.nan, None))
            return rows
        ends = day + np.floor(30.4 * min(months, _LOOK))
        what = rng.choice(["cancelled", "upgrade", "downgrade"], p=np.array([leave, raise_, lower])
                          / (leave + raise_ + lower))  # fmt: skip
        if gone < ends:
            ends, what = max(np.floor(gone), since + 14.0), "cancelled"
        if ends >= DAYS:
            rows.append((place, level, since, np.nan, None))
            return rows
        rows.append((place, level, since, ends, str(what)))
        if what != "cancelled":
            level = level + (1 if what == "upgrade" else -1)
            since = day = ends
            continue
        back = ends + np.floor(40.0 + 130.0 * rng.random())
        if rng.random() >= 0.10 + 0.12 * effect or back >= min(gone - 30.0, DAYS - 1.0):
            return rows
        since = day = back


def make_cancels(rng: np.random.Generator, plans: Plans) -> Cancels:
    """Let most of those who give up a plan say so first, and win some others over."""
    lost = plans.cancelled
    lost = lost[rng.random(len(lost)) < 0.85]
    when = np.maximum(plans.ended[lost] - 2.0 - 18.0 * rng.random(len(lost)), plans.started[lost] + 3.0)
    odds = between(when, 0.25, 0.60)
    stay = _running(rng, plans, np.repeat(when, rng.poisson(odds)))
    plan = np.concatenate([lost, stay[0]])
    moment = happened(office_time(rng, np.concatenate([when, stay[1]])))
    saved = np.repeat([False, True], [len(lost), len(stay[0])])
    chance = np.where(
        saved, between(np.nan_to_num(moment), 0.27, 0.22), between(np.nan_to_num(moment), 0.50, 0.27)
    )
    handed_on = rng.random(len(plan)) < chance
    order = np.lexsort((plan, moment))[: int((~np.isnan(moment)).sum())]
    return Cancels(identifiers("N", len(order)), plan[order], moment[order], handed_on[order], saved[order])


def _running(rng: np.random.Generator, plans: Plans, when: Floats) -> tuple[Integers, Floats]:
    """Return for each moment a plan that ran then and a month on, and the moment; some find none."""
    draws = rng.integers(0, len(plans.plan), (len(when), 12))
    ends = np.nan_to_num(plans.ended, nan=np.inf)
    fits = (plans.started[draws] + 20.0 < when[:, None]) & (ends[draws] > when[:, None] + 30.0)
    found = fits.any(axis=1)
    place = draws[np.arange(len(when)), fits.argmax(axis=1)]
    return place[found], when[found]


def make_exits(rng: np.random.Generator, plans: Plans) -> Exits:
    """Ask those who gave up a plan why; fewer name the service since the departments work together."""
    plan = plans.cancelled
    plan = plan[rng.random(len(plan)) < 0.9]
    left = plans.ended[plan]
    service = rng.random(len(plan)) < between(left, 0.38, 0.19)
    reason = np.where(service, "service", pick(rng, len(plan), _REASONS))
    told = rng.random(len(plan)) < between(left, 0.66, 0.84)
    order = np.lexsort((plan, left))
    return Exits(plan[order], left[order], np.where(told, reason, blank(len(plan)))[order])
