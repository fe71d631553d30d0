"""How people come to know the company: contacts, the quiz on the web, calls, and answers to letters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.demo.deals import Accounts
from api.demo.leads import Leads, each
from api.demo.orders import Orders
from api.demo.timeline import (
    DAYS,
    Booleans,
    Floats,
    Integers,
    Texts,
    aligned,
    between,
    blank,
    happened,
    identifiers,
    lag,
    pick,
    season,
    weekday,
)

# Keyword: its share of calls before and after the joint work, and how many of its calls book a visit.
KEYWORDS = {
    "cheap coffee": (0.34, 0.16, 0.07), "coffee supplier": (0.24, 0.28, 0.27),
    "coffee machine hire": (0.18, 0.26, 0.38), "brightwater coffee": (0.12, 0.18, 0.46),
    "barista training": (0.12, 0.12, 0.10),
}  # fmt: skip
_OTHERS = 1.3
_QUIZ_STARTS = 122.0


@dataclass(frozen=True)
class Contacts:
    """One element a contact; `of_lead` gives the place of each lead's contact."""

    contact: Texts
    seen: Floats
    channel: Texts
    of_lead: Integers


@dataclass(frozen=True)
class Quizzes:
    """One element a quiz that was started; the outcome is None where it was not finished."""

    quiz: Texts
    started: Floats
    finished: Floats
    outcome: Texts


@dataclass(frozen=True)
class Calls:
    """One element a call that came in by a number behind a keyword."""

    call: Texts
    called: Floats
    keyword: Texts
    booked: Booleans


@dataclass(frozen=True)
class Responses:
    """One element an answer to a letter or a visit to the web, by an account's place."""

    response: Texts
    number: Integers
    occurred: Floats
    kind: Texts


def make_contacts(rng: np.random.Generator, leads: Leads) -> Contacts:
    """Let every lead be seen some days before it asks, and others who never ask."""
    before = np.maximum(leads.created - lag(rng, len(leads.lead), 6.0, 1.0), 0.001)
    before = np.minimum(before, leads.created - 0.0005)
    some = rng.integers(0, len(leads.lead), int(_OTHERS * len(leads.lead)))
    others = leads.created[some] - 8.0 * rng.random(len(some))
    stay = (others > 0) & (rng.random(len(some)) < between(others, 1.0, 0.74))
    others, some = others[stay], some[stay]
    seen = np.concatenate([before, others])
    channel = np.concatenate([leads.channel, leads.channel[some]])
    order = np.argsort(seen, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return Contacts(identifiers("K", len(order)), seen[order], channel[order], place[: len(leads.lead)])


def make_quizzes(rng: np.random.Generator) -> Quizzes:
    """Start quizzes from spring 2024 on; with questions by sales, more find out that it is not for them."""
    started = _daily(rng, np.where(np.arange(DAYS) < _QUIZ_STARTS, 0.0, 5.5))
    size = len(started)
    ends = rng.random(size) < between(started, 0.66, 0.74)
    finished = happened(np.where(ends, started + (2.0 + 9.0 * rng.random(size)) / 1440.0, np.nan))
    unfit = rng.random(size) < between(started, 0.16, 0.31)
    later = rng.random(size) < 0.2
    outcome = np.where(unfit, "not for us", np.where(later, "later", "good fit")).astype(object)
    return Quizzes(
        identifiers("Q", size), started, finished, np.where(np.isnan(finished), blank(size), outcome)
    )


def make_calls(rng: np.random.Generator) -> Calls:
    """Ring on weekdays; cheap keywords bring many calls and few visits, until sales says so."""
    days = np.arange(DAYS, dtype=np.float64)
    called = _daily(rng, np.where(weekday(days) >= 5, 0.6, 7.5) * (1.0 - 0.08 * aligned(days)))
    size = len(called)
    effect = aligned(called)
    shares = np.array([[before, after] for before, after, _ in KEYWORDS.values()])
    limits = np.cumsum(shares[:, 0][:, None] * (1 - effect) + shares[:, 1][:, None] * effect, axis=0)
    place = np.minimum((rng.random(size) > limits).sum(axis=0), len(KEYWORDS) - 1)
    keyword = np.array(list(KEYWORDS), dtype=object)[place]
    chance = each(keyword, {name: row[2] for name, row in KEYWORDS.items()}) * (1.0 + 0.06 * effect)
    return Calls(identifiers("P", size), called, keyword, rng.random(size) < chance)


def make_responses(rng: np.random.Generator, accounts: Accounts, orders: Orders) -> Responses:
    """Let accounts read letters and come back to the web, as long as they order."""
    last = np.zeros(len(accounts.account))
    np.maximum.at(last, orders.number, orders.ordered)
    until = np.minimum(np.where(last > 0, last, accounts.opened + 60.0), float(DAYS))
    months = np.maximum(until - accounts.opened, 0.0) / 30.4
    number = np.repeat(np.arange(len(months)), rng.poisson(months * between(accounts.opened, 0.34, 0.44)))
    occurred = accounts.opened[number] + rng.random(len(number)) * (until - accounts.opened)[number]
    order = np.lexsort((number, occurred))
    number, occurred = number[order], occurred[order]
    kind = pick(rng, len(number), {"letter": 0.6, "web visit": 0.32, "event": 0.08})
    return Responses(identifiers("R", len(number)), number, occurred, kind)


def _daily(rng: np.random.Generator, rate: Floats) -> Floats:
    """Return times of the working day, by a rate for each day from the start."""
    days = np.arange(len(rate), dtype=np.float64)
    counts = rng.poisson(rate * season(days))
    hours = 8.0 + 10.0 * rng.beta(2.0, 2.2, counts.sum())
    return np.sort(np.repeat(days, counts) + hours / 24.0)
