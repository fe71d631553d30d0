"""Orders: what was promised, by which standard, and what was delivered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from api.demo.deals import Accounts
from api.demo.leads import each
from api.demo.timeline import (
    DAYS,
    Booleans,
    Floats,
    Integers,
    Texts,
    aligned,
    between,
    days_to,
    happened,
    identifiers,
    months,
    office_time,
    pick,
    season,
)

PRODUCTS = {"beans": 0.80, "service_kit": 0.16, "machine": 0.04}
# Tea, chocolate and cups: a second range, which some customers come to order as well.
PANTRY = "pantry"
_EVERY = {"cafe": 13.0, "office": 19.0, "hotel": 16.0}
_LEAVES = {"right": 0.016, "stretch": 0.030, "wrong": 0.060}
_PRICE = {"beans": 175.0, "service_kit": 112.0, "machine": 2_200.0, PANTRY: 80.0}
_SIZE = {"cafe": 0.8, "office": 1.0, "hotel": 1.7}
_MARGIN = {"beans": 0.38, "service_kit": 0.46, "machine": 0.20, PANTRY: 0.42}
_FIT_MARGIN = {"right": 1.0, "stretch": 0.75, "wrong": 0.30}
_STANDARD = {"beans": 72.0, "service_kit": 96.0, "machine": 240.0, PANTRY: 72.0}
# From this day on beans leave the roastery a day sooner.
_FASTER_BEANS = date(2026, 1, 1)
_PRESSURE = {"cafe": 0.85, "office": 0.95, "hotel": 1.35}
_MOST_ORDERS = 140


@dataclass(frozen=True)
class Orders:
    """One element an order, the `nth` of its account, whose place is `number`. NaN: not recorded, or not yet."""

    order: Texts
    number: Integers
    nth: Integers
    ordered: Floats
    product: Texts
    amount: Floats
    margin: Floats
    standard: Floats
    promised: Floats
    delivered: Floats
    complete: Booleans
    cancelled: Booleans

    @property
    def due(self) -> Floats:
        """Return when each order was promised for."""
        return self.ordered + self.promised / 24.0

    @property
    def kept(self) -> Booleans:
        """Tell which orders came by the time promised."""
        return np.nan_to_num(self.delivered, nan=np.inf) <= np.nan_to_num(self.due, nan=-np.inf)

    def take(self, rows: Integers | Booleans) -> Orders:
        """Return some of the orders."""
        return replace(self, **{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def make_orders(rng: np.random.Generator, accounts: Accounts) -> Orders:
    """Draw every customer's orders, from the first machine until the customer leaves."""
    number, ordered, nth = _dates(rng, accounts)
    size = len(number)
    product = np.where(nth == 1, "machine", pick(rng, size, PRODUCTS)).astype(object)
    product = _second_range(rng, accounts, number, ordered, product)
    segment, fit = accounts.segment[number], accounts.fit[number]
    price = each(product, _PRICE) * (1.0 + 0.04 * ordered / 365.0)
    amount = np.round(price * each(segment, _SIZE) * np.exp(0.30 * rng.standard_normal(size)), 2)
    share = each(product, _MARGIN) * each(fit, _FIT_MARGIN) + 0.05 * rng.standard_normal(size)
    standard = each(product, _STANDARD)
    standard = np.where((product == "beans") & (ordered >= days_to(_FASTER_BEANS)), 60.0, standard)
    promised = _promises(rng, ordered, segment, standard)
    delivered = _deliveries(rng, ordered, standard, promised)
    cancelled = rng.random(size) < 0.012
    return Orders(
        identifiers("O", size), number, nth, ordered, product, amount, np.round(amount * share, 2), standard,
        promised, happened(np.where(cancelled, np.nan, delivered)),
        rng.random(size) < between(ordered, 0.935, 0.965), cancelled,
    )  # fmt: skip


def _second_range(
    rng: np.random.Generator, accounts: Accounts, number: Integers, ordered: Floats, product: Texts
) -> Texts:
    """Let some customers order from the second range too, some weeks after they became customers."""
    size = len(accounts.account)
    won = np.nan_to_num(accounts.won)
    adopts = rng.random(size) < between(won, 0.17, 0.34)
    since = won + 10.0 + 190.0 * rng.beta(1.1, 1.6, size)
    hit = adopts[number] & (ordered >= since[number]) & (product == "beans") & (rng.random(len(number)) < 0.2)
    return np.where(hit, PANTRY, product).astype(object)


def _dates(rng: np.random.Generator, accounts: Accounts) -> tuple[Integers, Floats, Integers]:
    """Return account places, order times and which order of the account it is, in order of time."""
    customers = np.flatnonzero(~np.isnan(accounts.won))
    won, shape = accounts.won[customers], (len(customers), _MOST_ORDERS)
    every = each(accounts.segment[customers], _EVERY) * np.exp(0.25 * rng.standard_normal(len(customers)))
    gaps = rng.gamma(2.2, 1.0 / 2.2, shape) * every[:, np.newaxis]
    gaps[:, 0] = 1.0 + 9.0 * rng.random(len(customers))
    since = np.cumsum(gaps, axis=1) - gaps[:, :1]
    leaves = each(accounts.fit[customers], _LEAVES) * between(won, 1.15, 0.85)
    stay = 30.0 + 30.4 * rng.exponential(1.0 / leaves)
    # Some come back after a few months, for a second and mostly shorter stay.
    back = rng.random(len(customers)) < between(won + stay, 0.09, 0.20)
    pause = np.where(back, 100.0 + 190.0 * rng.random(len(customers)), 0.0)
    whole = stay + np.where(back, 60.0 + 240.0 * rng.exponential(1.0, len(customers)), 0.0)
    keep = since < whole[:, np.newaxis]
    times = (won + gaps[:, 0])[:, np.newaxis] + since
    times = times + np.where(since >= stay[:, np.newaxis], pause[:, np.newaxis], 0.0)
    keep &= rng.random(shape) < season(times.ravel()).reshape(shape) ** 0.5
    keep[:, 0] = True
    number = np.broadcast_to(customers[:, np.newaxis], shape)[keep]
    ordered = office_time(rng, times[keep])
    inside = ordered < DAYS
    number, ordered = number[inside], ordered[inside]
    order = np.lexsort((number, ordered))
    number, ordered = number[order], ordered[order]
    return number, ordered, nth(number)


def nth(number: Integers) -> Integers:
    """Return for each row how many rows of its number there are so far, itself included."""
    order = np.argsort(number, kind="stable")
    place = np.arange(len(number))
    starts = np.r_[True, np.diff(number[order]) != 0]
    result = np.empty(len(number), dtype=np.int64)
    result[order] = place - np.maximum.accumulate(np.where(starts, place, 0)) + 1
    return result


def _promises(rng: np.random.Generator, ordered: Floats, segment: Texts, standard: Floats) -> Floats:
    """Return promised hours: the standard, a third less than it, or nothing on record."""
    size = len(ordered)
    chance = between(ordered, 0.245, 0.098) * each(segment, _PRESSURE)
    over = rng.random(size) < chance
    generous = rng.random(size) < 0.08
    hours = np.where(over, standard * 2.0 / 3.0, np.where(generous, standard * 1.25, standard))
    return np.where(rng.random(size) < 0.04, np.nan, hours)


def _deliveries(rng: np.random.Generator, ordered: Floats, standard: Floats, promised: Floats) -> Floats:
    """Return delivery times: short promises are broken more often, and so are those of December."""
    size = len(ordered)
    hours = np.where(np.isnan(promised), standard, promised)
    over = hours < standard
    effect = aligned(ordered)
    chance = np.where(over, 0.55 + 0.05 * effect, 0.885 + 0.062 * effect)
    chance = chance - np.where(months(ordered) == 12, 0.06, 0.0)
    in_time = rng.random(size) < chance
    early = 0.30 + 0.68 * rng.beta(3.0, 1.8, size)
    late = 1.02 + rng.gamma(1.3, 0.30, size)
    return ordered + hours * np.where(in_time, early, late) / 24.0
