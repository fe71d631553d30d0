"""What finance keeps: spend by category, the budget, and exchange rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from api.demo.orders import Orders
from api.demo.timeline import DAYS, START, Floats, Integers, Texts, between, season, weekday

_BUDGET_MONTHS = 42
_FLOOR = 0.85


@dataclass(frozen=True)
class Spend:
    """One element a booking; the channel is None where it serves all of them."""

    day: Integers
    category: Texts
    department: Texts
    channel: Texts
    amount: Floats


@dataclass(frozen=True)
class Budget:
    """One element a month from the start on."""

    month: Integers
    plan: Floats
    floor: Floats


@dataclass(frozen=True)
class Rates:
    """One element a working day: pounds for one euro."""

    day: Integers
    rate: Floats


def month_day(month: int) -> date:
    """Return the first day of a month counted from the start's."""
    index = START.year * 12 + START.month - 1 + month
    return date(index // 12, index % 12 + 1, 1)


def month_starts(count: int) -> Integers:
    """Return the day numbers of the first `count` months' starts."""
    return np.array([(month_day(month) - START).days for month in range(count)], dtype=np.int64)


def make_spend(rng: np.random.Generator) -> Spend:
    """Book media every day; events, partners, salaries and the rest once a month."""
    days = np.arange(DAYS)
    media = (240.0 + 90.0 * days / DAYS) * season(days.astype(np.float64))
    media = media * np.where(weekday(days.astype(np.float64)) >= 5, 0.7, 1.12)
    media = media * np.exp(0.12 * rng.standard_normal(DAYS))
    content = 45.0 * np.exp(0.10 * rng.standard_normal(DAYS))
    firsts = month_starts(37)
    mid, last = firsts + 14, firsts + 24
    mid, last = mid[mid < DAYS], last[last < DAYS]
    effort = np.where(mid < 640, 1.0, 1.12)
    parts = (
        (days, "media", "marketing", "paid_search", media),
        (days, "media", "marketing", "organic", content),
        (mid, "events", "marketing", "events",
         3_200.0 * season(mid.astype(np.float64)) * rng.gamma(9.0, 1 / 9, len(mid))),
        (last, "media", "marketing", "partner", 1_500.0 * rng.gamma(16.0, 1 / 16, len(last))),
        (last, "media", "marketing", "referral", 700.0 * rng.gamma(16.0, 1 / 16, len(last))),
        (last, "agency", "marketing", None, 2_600.0 * rng.gamma(25.0, 1 / 25, len(last))),
        (mid, "travel", "sales", None, 1_900.0 * effort * rng.gamma(16.0, 1 / 16, len(mid))),
        (last, "commission", "sales", None, 3_400.0 + 2_600.0 * last / DAYS + rng.normal(0.0, 250.0, len(last))),
        (last, "salaries", "marketing", None, 14_500.0 + 3_400.0 * last / DAYS + rng.normal(0.0, 250.0, len(last))),
        (last, "salaries", "sales", None, 28_000.0 + 8_500.0 * last / DAYS + rng.normal(0.0, 400.0, len(last))),
        (firsts, "tools", "marketing", None, np.where(firsts < 640, 1_300.0, 1_500.0)),
        (firsts, "tools", "sales", None, np.where(firsts < 640, 1_800.0, 2_100.0)),
    )  # fmt: skip
    day = np.concatenate([part[0] for part in parts])
    category, department, channel = (
        np.concatenate([np.full(len(part[0]), part[place], dtype=object) for part in parts])
        for place in (1, 2, 3)
    )
    amount = np.round(np.concatenate([part[4] for part in parts]), 2)
    order = np.argsort(day, kind="stable")
    return Spend(day[order], category[order], department[order], channel[order], amount[order])


def make_budget(orders: Orders, pounds: Floats) -> Budget:
    """Plan each month's revenue by the trend alone: it knows no season and no bad month."""
    starts = month_starts(_BUDGET_MONTHS)
    whole = starts[:37]
    month = np.searchsorted(whole, orders.ordered, side="right") - 1
    actual = np.bincount(month, weights=np.where(orders.cancelled, 0.0, pounds), minlength=37)[:36]
    line = np.polyfit(np.arange(3, 36), actual[3:], 2)
    trend = np.maximum(np.polyval(line, np.arange(_BUDGET_MONTHS)), actual[:3].mean())
    plan = np.round(trend * between(starts.astype(np.float64), 1.0, 1.03), -3)
    return Budget(starts, plan, np.round(plan * _FLOOR, -3))


def make_rates(rng: np.random.Generator) -> Rates:
    """Let the euro wander around 86 pence; banks are closed at the weekend."""
    days = np.arange(-2, DAYS)
    steps = 0.0016 * rng.standard_normal(len(days))
    rate = np.empty(len(days))
    level = 0.865
    for index, step in enumerate(steps):
        level += step + 0.02 * (0.858 - level)
        rate[index] = level
    opens = weekday(days.astype(np.float64)) < 5
    return Rates(days[opens], np.round(rate[opens], 5))


def in_pounds(rates: Rates, ordered: Floats, amount: Floats, currency: Texts) -> Floats:
    """Convert amounts at the last rate known on their day."""
    place = np.searchsorted(rates.day, np.floor(ordered), side="right") - 1
    pounds: Floats = np.where(currency == "EUR", amount * rates.rate[place], amount)
    return pounds
