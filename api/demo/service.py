"""What customers tell service: tickets, and answers to the survey after a delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from api.demo.leads import each
from api.demo.orders import Orders
from api.demo.people import owners
from api.demo.timeline import (
    Booleans,
    Floats,
    Integers,
    Texts,
    aligned,
    between,
    days_to,
    happened,
    identifiers,
    lag,
)

# Topic: (tickets per order, share that complains, hours to solve, cost of handling in pounds)
_TOPICS = {
    "machine": (0.13, 0.05, 30.0, 48.0),
    "question": (0.12, 0.00, 4.0, 7.0),
    "billing": (0.05, 0.20, 12.0, 11.0),
    "quality": (0.03, 0.45, 20.0, 26.0),
}
_DELIVERY = (0.60, 16.0, 19.0)
_HOLIDAYS = (date(2026, 7, 20), date(2026, 9, 20))


@dataclass(frozen=True)
class Tickets:
    """One element a ticket; `order` is its order's place. NaN: not yet, or never."""

    ticket: Texts
    order: Integers
    opened: Floats
    replied: Floats
    resolved: Floats
    reopened: Booleans
    topic: Texts
    complaint: Booleans
    cost: Floats
    agent: Texts
    sentiment: Texts


@dataclass(frozen=True)
class Surveys:
    """One element a survey; a second answer about an order is a row of its own. NaN: no answer."""

    survey: Texts
    order: Integers
    sent: Floats
    answered: Floats
    score: Floats


@dataclass(frozen=True)
class Invitations:
    """One element an invitation to the survey after a delivery; some never reached anybody."""

    invitation: Texts
    order: Integers
    asked: Floats
    sent: Booleans


def make_tickets(rng: np.random.Generator, orders: Orders) -> Tickets:
    """Open tickets about orders: late deliveries bring most of the complaints."""
    topic, order, opened, complaint = _causes(rng, orders)
    size = len(order)
    hours = {name: row[2] for name, row in _TOPICS.items()} | {"delivery": _DELIVERY[1]}
    costs = {name: row[3] for name, row in _TOPICS.items()} | {"delivery": _DELIVERY[2]}
    holiday = (opened >= days_to(_HOLIDAYS[0])) & (opened < days_to(_HOLIDAYS[1]))
    median = np.where(holiday, 2.5, between(opened, 2.35, 1.45))
    replied = opened + median * np.exp(rng.standard_normal(size)) / 24.0
    replied = happened(np.where(rng.random(size) < 0.012, np.nan, replied))
    resolved = happened(replied + each(topic, hours) * np.exp(0.8 * rng.standard_normal(size)) / 24.0)
    reopened = (rng.random(size) < between(opened, 0.135, 0.085)) & ~np.isnan(resolved)
    effort = rng.gamma(3.0, 1.0 / 3.0, size) * np.where(reopened, 1.8, 1.0)
    cost = np.round(each(topic, costs) * effort, 2)
    return Tickets(
        identifiers("T", size), order, opened, replied, resolved, reopened, topic, complaint, cost,
        owners(rng, opened, "service"), _tone(rng, complaint),
    )  # fmt: skip


def _tone(rng: np.random.Generator, complaint: Booleans) -> Texts:
    drawn = rng.random(len(complaint))
    usual = np.where(drawn < 0.30, "positive", np.where(drawn < 0.92, "neutral", "negative"))
    return np.where(complaint, np.where(drawn < 0.82, "negative", "neutral"), usual).astype(object)


def _causes(rng: np.random.Generator, orders: Orders) -> tuple[Texts, Integers, Floats, Booleans]:
    """Return topics, the orders behind them, opening times and complaints, in order of time."""
    size = len(orders.order)
    arrival = np.where(np.isnan(orders.delivered), orders.due, orders.delivered)
    calm = 1.0 - 0.2 * aligned(orders.ordered)
    topics, places, times, complaints = [], [], [], []
    for name, (rate, complains, _, _) in _TOPICS.items():
        hit = np.flatnonzero(rng.random(size) < rate * calm)
        topics.append(np.full(len(hit), name, dtype=object))
        places.append(hit)
        times.append(arrival[hit] + 0.1 + 25.0 * rng.beta(1.0, 2.5, len(hit)))
        complaints.append(rng.random(len(hit)) < complains)
    late = ~orders.kept & ~orders.cancelled & ~np.isnan(orders.due)
    hit = np.flatnonzero(rng.random(size) < np.where(late, 0.42, 0.03))
    topics.append(np.full(len(hit), "delivery", dtype=object))
    places.append(hit)
    times.append(np.maximum(orders.due[hit], orders.ordered[hit]) + 0.05 + 2.0 * rng.random(len(hit)))
    complaints.append(rng.random(len(hit)) < _DELIVERY[0])
    opened, order = happened(np.concatenate(times)), np.concatenate(places)
    keep = np.flatnonzero(~np.isnan(opened))
    keep = keep[np.lexsort((order[keep], opened[keep]))]
    return np.concatenate(topics)[keep], order[keep], opened[keep], np.concatenate(complaints)[keep]


def make_surveys(rng: np.random.Generator, orders: Orders) -> Surveys:
    """Ask after some deliveries; a kept promise makes a good answer likelier."""
    # After a first order nearly everybody is asked.
    chance = np.where(orders.nth == 1, 0.92, 0.34)
    asked = np.flatnonzero(~np.isnan(orders.delivered) & (rng.random(len(orders.order)) < chance))
    sent = happened(orders.delivered[asked] + 0.7 + 0.6 * rng.random(len(asked)))
    asked, sent = asked[~np.isnan(sent)], sent[~np.isnan(sent)]
    size = len(asked)
    reply = rng.random(size) < 0.52
    answered = happened(np.where(reply, sent + lag(rng, size, 1.1, 0.9), np.nan))
    # Some think again a few days later, and the tool keeps both answers.
    again = np.flatnonzero(~np.isnan(answered) & (rng.random(size) < 0.06))
    second = happened(answered[again] + 2.0 + 7.0 * rng.random(len(again)))
    again, second = again[~np.isnan(second)], second[~np.isnan(second)]
    order = np.concatenate([asked, asked[again]])
    sent, answered = np.concatenate([sent, sent[again]]), np.concatenate([answered, second])
    rank = np.lexsort((answered, order, sent))
    order, sent, answered = order[rank], sent[rank], answered[rank]
    score = np.where(np.isnan(answered), np.nan, _scores(rng, orders, order))
    return Surveys(identifiers("S", len(order)), order, sent, answered, score)


def make_invitations(rng: np.random.Generator, surveys: Surveys, orders: Orders) -> Invitations:
    """Invite to each survey once, and in vain for a few more orders."""
    reached, first = np.unique(surveys.order, return_index=True)
    others = np.setdiff1d(np.flatnonzero(~np.isnan(orders.delivered)), reached)
    bounced = others[rng.random(len(others)) < 0.05]
    asked = np.concatenate([surveys.sent[first], happened(orders.delivered[bounced] + 1.0)])
    order, sent = np.concatenate([reached, bounced]), np.arange(len(asked)) < len(reached)
    rank = np.lexsort((order, asked))[: int((~np.isnan(asked)).sum())]
    return Invitations(identifiers("V", len(rank)), order[rank], asked[rank], sent[rank])


def _scores(rng: np.random.Generator, orders: Orders, order: Integers) -> Floats:
    size = len(order)
    effect = aligned(orders.ordered[order])
    happy = np.where(orders.kept[order], 0.840 + 0.035 * effect, 0.52 + 0.05 * effect)
    happy = happy - np.where(orders.complete[order], 0.0, 0.10)
    good = rng.random(size) < happy
    return np.where(good, np.where(rng.random(size) < 0.58, 5.0, 4.0), rng.choice([1.0, 2.0, 3.0], size))
