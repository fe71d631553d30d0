"""What service gives and asks: compensation for complaints, and details that customers must state again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.demo.orders import Orders
from api.demo.people import DEPARTMENTS
from api.demo.service import Tickets
from api.demo.timeline import (
    Booleans,
    Floats,
    Integers,
    Texts,
    between,
    happened,
    identifiers,
    in_pence,
    pick,
)

FIELDS = ("serial number", "delivery address", "order number", "opening hours", "contact person",
          "water hardness", "tax number", "floor plan")  # fmt: skip
_MOST_GIVEN = 240.0


@dataclass(frozen=True)
class Compensation:
    """One element a refund or voucher; `ticket` is the ticket's place, the amount in pounds."""

    ticket: Integers
    kind: Texts
    amount: Floats
    granted: Floats


@dataclass(frozen=True)
class Questions:
    """One element a detail that somebody asked a customer for; `ticket` is the place of its ticket."""

    question: Texts
    ticket: Integers
    field: Texts
    asked: Floats
    department: Texts


def make_compensation(rng: np.random.Generator, tickets: Tickets, orders: Orders) -> Compensation:
    """Pay back part of the order to about half of those who complain."""
    ticket = np.flatnonzero(tickets.complaint & ~np.isnan(tickets.replied))
    ticket = ticket[rng.random(len(ticket)) < 0.48]
    granted = happened(tickets.replied[ticket] + 0.1 + 3.0 * rng.random(len(ticket)))
    ticket, granted = ticket[~np.isnan(granted)], granted[~np.isnan(granted)]
    share = 0.10 + 0.30 * rng.beta(1.5, 2.5, len(ticket))
    amount = np.minimum(orders.amount[tickets.order[ticket]] * share, _MOST_GIVEN)
    kind = pick(rng, len(ticket), {"refund": 0.62, "voucher": 0.38})
    return Compensation(ticket, kind, in_pence(np.maximum(amount, 3.0)), granted)


def make_questions(rng: np.random.Generator, tickets: Tickets, orders: Orders) -> Questions:
    """Ask a customer for one detail after the other; once in a while another department asks again."""
    first = np.flatnonzero(rng.random(len(tickets.ticket)) < 0.45)
    account = orders.number[tickets.order[first]]
    # Each account is asked for the next detail on the list, so that only a repetition asks one twice.
    order = np.lexsort((tickets.opened[first], account))
    starts = np.r_[True, np.diff(account[order]) != 0]
    turn = np.arange(len(first)) - np.maximum.accumulate(np.where(starts, np.arange(len(first)), 0))
    place = np.empty(len(first), dtype=np.int64)
    place[order] = turn % len(FIELDS)
    asked = tickets.opened[first] + 0.02 + 0.1 * rng.random(len(first))
    again: Booleans = rng.random(len(first)) < between(asked, 0.25, 0.09)
    later = asked[again] + 0.5 + 4.0 * rng.random(int(again.sum()))
    who = pick(rng, len(later), {"sales": 0.7, "marketing": 0.3})
    asked = happened(np.concatenate([asked, later]))
    ticket = np.concatenate([first, first[again]])
    field = np.array(FIELDS, dtype=object)[np.concatenate([place, place[again]])]
    department = np.concatenate([np.full(len(first), DEPARTMENTS[2], dtype=object), who])
    rows = np.lexsort((ticket, asked))[: int((~np.isnan(asked)).sum())]
    return Questions(identifiers("F", len(rows)), ticket[rows], field[rows], asked[rows], department[rows])
