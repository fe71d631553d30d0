"""Touches: every contact of the three departments with leads and customers, and the hours it took."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.demo.deals import Accounts
from api.demo.leads import Leads
from api.demo.orders import Orders
from api.demo.people import owners
from api.demo.timeline import DAYS, Floats, Integers, Texts, blank, happened, identifiers, office_time, pick

# Department: what its contacts are, and how long one takes in hours.
_KINDS = {
    "marketing": {"email": 0.6, "web": 0.3, "event": 0.1},
    "sales": {"call": 0.55, "email": 0.3, "visit": 0.15},
    "service": {"call": 0.5, "email": 0.3, "visit": 0.2},
}
_HOURS = {"marketing": 0.25, "sales": 0.8, "service": 0.7}


@dataclass(frozen=True)
class Touches:
    """One element a contact; `lead` is the lead's place."""

    touch: Texts
    lead: Integers
    occurred: Floats
    stage: Texts
    kind: Texts
    owner: Texts
    hours: Floats


def make_touches(
    rng: np.random.Generator, leads: Leads, accounts: Accounts, orders: Orders, follow_ups: Floats
) -> Touches:
    """Draw the contacts of each stage, mostly by the department that leads it, and sales' first calls."""
    everyone = np.arange(len(leads.lead))
    end = np.fmin(np.fmin(leads.closed, leads.disqualified), leads.handed_over + 60.0)
    joined = accounts.number[orders.number]
    parts = (
        _stage(rng, everyone, leads.created - 12.0 * rng.random(len(everyone)), leads.created, 0.6,
               "awareness", ("marketing", "marketing")),
        _stage(rng, everyone, leads.created, leads.created + 10.0, 0.7, "interest", ("marketing", "sales")),
        _first_calls(follow_ups),
        _stage(rng, everyone, follow_ups, end, 0.8, "evaluation", ("sales", "marketing")),
        _stage(rng, everyone, leads.opportunity, leads.opportunity + 30.0, 1.4, "trial", ("sales", "service")),
        _stage(rng, joined, orders.ordered, orders.ordered + 14.0, 0.34, "adoption", ("service", "sales")),
        _stage(rng, joined, orders.ordered, orders.ordered + 30.0, 0.14, "loyalty", ("service", "marketing")),
    )  # fmt: skip
    lead, occurred, stage, department = (np.concatenate(column) for column in zip(*parts, strict=True))
    keep = np.flatnonzero((occurred >= 0) & (occurred < DAYS))
    keep = keep[np.lexsort((stage[keep].astype(str), lead[keep], occurred[keep]))]
    lead, occurred, stage, department = lead[keep], occurred[keep], stage[keep], department[keep]
    kind, owner = blank(len(lead)), blank(len(lead))
    typical = np.zeros(len(lead))
    for name, kinds in _KINDS.items():
        mine = department == name
        kind[mine] = pick(rng, int(mine.sum()), kinds)
        owner[mine] = owners(rng, occurred[mine], name)
        typical[mine] = _HOURS[name]
    hours = np.round(typical * rng.gamma(2.5, 0.4, len(lead)) + 0.05, 2)
    return Touches(identifiers("C", len(lead)), lead, occurred, stage, kind, owner, hours)


def _first_calls(when: Floats) -> tuple[Integers, Floats, Texts, Texts]:
    """Return sales' first contact with each lead that was handed over."""
    lead = np.flatnonzero(~np.isnan(when))
    stage, who = (np.full(len(lead), word, dtype=object) for word in ("evaluation", "sales"))
    return lead, when[lead], stage, who


def _stage(
    rng: np.random.Generator, lead: Integers, since: Floats, until: Floats, mean: float, stage: str,
    departments: tuple[str, str],
) -> tuple[Integers, Floats, Texts, Texts]:  # fmt: skip
    """Return the contacts of one stage: four fifths by its leading department, the rest by another."""
    known = np.flatnonzero(~np.isnan(since) & ~np.isnan(until))
    place = np.repeat(known, rng.poisson(np.where(until[known] > since[known], mean, 0.0)))
    size = len(place)
    times = happened(office_time(rng, since[place] + rng.random(size) * (until[place] - since[place])))
    who = np.where(rng.random(size) < 0.8, departments[0], departments[1]).astype(object)
    return lead[place], times, np.full(size, stage, dtype=object), who
