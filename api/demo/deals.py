"""Accounts, the deals that sales worked on, and the history of the open pipeline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.demo.leads import Leads, each
from api.demo.people import owners
from api.demo.timeline import (
    DAYS,
    Booleans,
    Floats,
    Integers,
    Texts,
    between,
    happened,
    identifiers,
    in_pence,
    lag,
    office_time,
    pick,
)

REGIONS = {"London": 0.34, "South": 0.22, "North": 0.20, "Scotland": 0.12, "Ireland": 0.12}
_VALUE = {"cafe": 2_600.0, "office": 5_200.0, "hotel": 11_500.0}
_HOURS = {"right": 8.5, "stretch": 15.0, "wrong": 21.0}
_HOUR_COST = 38.0
_YIELD = {"right": 0.34, "stretch": 0.24, "wrong": 0.09}
_SERVING = {"right": 190.0, "stretch": 430.0, "wrong": 760.0}
_NAMES = ("Amber", "Birch", "Cedar", "Dover", "Elder", "Fern", "Garnet", "Harbour", "Iris", "Juniper",
          "Keystone", "Larch", "Marlow", "Northgate", "Oakham", "Park", "Quayside", "Rowan", "Swan",
          "Thistle")  # fmt: skip
_KINDS = {"cafe": "Kitchen", "office": "Works", "hotel": "House"}


@dataclass(frozen=True)
class Accounts:
    """One element an account: a company that became an opportunity. `won` is NaN until it buys."""

    account: Texts
    lead: Texts
    number: Integers
    name: Texts
    segment: Texts
    channel: Texts
    region: Texts
    currency: Texts
    fit: Texts
    opened: Floats
    won: Floats


@dataclass(frozen=True)
class Deals:
    """One element a deal; `number` is its account's place; closed is NaN while it is open.

    `cost` is what winning and serving it takes in a year, `margin` what is left after it; NaN unless won.
    """

    deal: Texts
    number: Integers
    kind: Texts
    fit: Texts
    amount: Floats
    opened: Floats
    offered: Floats
    closed: Floats
    won: Booleans
    hours: Floats
    cost: Floats
    margin: Floats
    owner: Texts


@dataclass(frozen=True)
class Pipeline:
    """One element a stage that a deal was in, from when until when (NaN: still)."""

    deal: Integers
    stage: Texts
    since: Floats
    until: Floats


def make_accounts(rng: np.random.Generator, leads: Leads) -> Accounts:
    """Open an account for every lead that became an opportunity."""
    number = np.flatnonzero(~np.isnan(leads.opportunity))
    number = number[np.argsort(leads.opportunity[number], kind="stable")]
    size = len(number)
    region = pick(rng, size, REGIONS)
    segment = leads.segment[number]
    first = pick(rng, size, dict.fromkeys(_NAMES, 1.0))
    name = [f"{word} {_KINDS[kind]} {index}" for index, (word, kind)
            in enumerate(zip(first, segment, strict=True), start=1)]  # fmt: skip
    return Accounts(
        identifiers("A", size), leads.lead[number], number, np.array(name, dtype=object), segment,
        leads.channel[number], region, np.where(region == "Ireland", "EUR", "GBP").astype(object),
        leads.fit[number], leads.opportunity[number],
        np.where(leads.won[number], leads.closed[number], np.nan),
    )  # fmt: skip


def make_deals(rng: np.random.Generator, leads: Leads, accounts: Accounts) -> Deals:
    """Make the first deal of every account, and later ones with its customers."""
    first, later = _first(leads, accounts), _expansions(rng, accounts)
    number = np.concatenate([first[0], later[0]])
    opened, offered, closed = (np.concatenate([first[i], later[i]]) for i in (1, 2, 3))
    won = np.concatenate([first[4], later[4]])
    kind = np.repeat(np.array(["new", "expansion"], dtype=object), [len(first[0]), len(later[0])])
    order = np.lexsort((number, opened))
    number, opened, offered, closed = number[order], opened[order], offered[order], closed[order]
    kind, won = kind[order], won[order]
    size = len(number)
    larger = np.where(kind == "new", 1.0, 0.45)
    amount = each(accounts.segment[number], _VALUE) * larger * np.exp(0.45 * rng.standard_normal(size))
    effort = each(accounts.fit[number], _HOURS) * np.where(kind == "new", 1.0, 0.35)
    hours = np.round(effort * rng.gamma(4.0, 0.25, size), 1)
    fit = accounts.fit[number]
    serving = np.where(won, each(fit, _SERVING) * larger * rng.gamma(4.0, 0.25, size), 0.0)
    cost = hours * _HOUR_COST + serving
    margin = np.where(
        won, amount * each(fit, _YIELD) * np.exp(0.2 * rng.standard_normal(size)) - cost, np.nan
    )
    return Deals(
        identifiers("D", size), number, kind, fit, np.round(amount, 2), opened, offered, closed, won, hours,
        in_pence(cost), in_pence(margin), owners(rng, opened, "sales"),
    )  # fmt: skip


_Rows = tuple[Integers, Floats, Floats, Floats, Booleans]


def _first(leads: Leads, accounts: Accounts) -> _Rows:
    lead = accounts.number
    return (np.arange(len(lead)), accounts.opened, leads.proposal[lead], leads.closed[lead], leads.won[lead])


def _expansions(rng: np.random.Generator, accounts: Accounts) -> _Rows:
    """Offer customers a second machine or a service plan, a little less than once a year."""
    years = np.nan_to_num((DAYS - accounts.won - 120.0) / 365.25).clip(0.0)
    number = np.repeat(np.arange(len(years)), rng.poisson(0.9 * years))
    size = len(number)
    opened = office_time(rng, accounts.won[number] + 120.0 + rng.random(size) * years[number] * 365.25)
    opened = happened(opened)
    keep = ~np.isnan(opened)
    number, opened = number[keep], opened[keep]
    size = len(number)
    closed = happened(office_time(rng, opened + lag(rng, size, 18.0, 0.5)))
    won = (rng.random(size) < between(opened, 0.58, 0.66)) & ~np.isnan(closed)
    end = np.where(np.isnan(closed), opened + 15.0, closed)
    offered = happened(opened + (end - opened) * (0.3 + 0.4 * rng.random(size)))
    return number, opened, offered, closed, won


def make_pipeline(deals: Deals) -> Pipeline:
    """Return the intervals in which deals were open, in order of time."""
    index = np.arange(len(deals.deal))
    has_offer = ~np.isnan(deals.offered)
    deal = np.concatenate([index, index[has_offer]])
    stage = np.repeat(np.array(["opportunity", "proposal"], dtype=object), [len(index), has_offer.sum()])
    since = np.concatenate([deals.opened, deals.offered[has_offer]])
    first_end = np.where(has_offer, deals.offered, deals.closed)
    until = np.concatenate([first_end, deals.closed[has_offer]])
    order = np.lexsort((deal, since))
    return Pipeline(deal[order], stage[order], since[order], until[order])
