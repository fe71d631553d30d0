"""What happens between departments: records at hand-over, who is given a lead, who follows up, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.demo.leads import Leads, StageChanges
from api.demo.people import DEPARTMENTS, owners
from api.demo.timeline import (
    Booleans,
    Floats,
    Integers,
    Texts,
    between,
    blank,
    happened,
    identifiers,
    lag,
    office_time,
)

REQUIRED = 8
# CRM status: the stage of the journey that it stands for, its phase, and the department that leads there.
STAGES = {
    "new": ("interest", "taps", "marketing"),
    "mql": ("evaluation", "funnels", "sales"),
    "sql": ("evaluation", "funnels", "sales"),
    "disqualified": ("evaluation", "funnels", "sales"),
    "opportunity": ("trial", "funnels", "sales"),
    "proposal": ("trial", "funnels", "sales"),
    "closed_lost": ("trial", "funnels", "sales"),
    "closed_won": ("adoption", "buckets", "service"),
}
_ASSIGNED = ("mql", "opportunity", "closed_won")


@dataclass(frozen=True)
class Handovers:
    """One element a lead that was handed over; `lead` is its place, `approved` what sales thinks of it."""

    lead: Integers
    when: Floats
    filled: Integers
    approved: Booleans


@dataclass(frozen=True)
class Assignments:
    """One element a stage change that gave a lead to somebody; `lead` is its place."""

    assignment: Texts
    lead: Integers
    status: Texts
    when: Floats
    owner: Texts


def make_handovers(rng: np.random.Generator, leads: Leads) -> Handovers:
    """Fill in the record that a hand-over requires: better since both departments wrote the list."""
    lead = np.flatnonzero(~np.isnan(leads.handed_over))
    lead = lead[np.argsort(leads.handed_over[lead], kind="stable")]
    when = leads.handed_over[lead]
    # Careful people fill in nearly all, hurried ones leave several fields out.
    careful = rng.random(len(lead)) < between(when, 0.44, 0.80)
    filled = np.where(
        careful, rng.binomial(REQUIRED, 0.985, len(lead)), rng.binomial(REQUIRED, 0.68, len(lead))
    )
    # What sales takes for a qualified lead grows together with what marketing does.
    alike = rng.random(len(lead)) < between(when, 0.80, 0.94)
    return Handovers(lead, when, filled, leads.qualified[lead] == alike)


def make_assignments(rng: np.random.Generator, changes: StageChanges) -> Assignments:
    """Give leads to somebody at each stage; before the joint work often to the wrong department."""
    rows = np.flatnonzero(np.isin(changes.stage, _ASSIGNED))
    status, when = changes.stage[rows], changes.changed[rows] + 0.02
    wanted = np.array([STAGES[name][2] for name in status], dtype=object)
    wrong = rng.random(len(rows)) > between(when, 0.80, 0.94)
    shift = rng.integers(1, len(DEPARTMENTS), len(rows))
    place = np.array([DEPARTMENTS.index(name) for name in wanted])
    other = np.array(DEPARTMENTS, dtype=object)[(place + shift) % len(DEPARTMENTS)]
    given = np.where(wrong, other, wanted)
    owner = blank(len(rows))
    for name in DEPARTMENTS:
        mine = given == name
        owner[mine] = owners(rng, when[mine], name)
    return Assignments(identifiers("G", len(rows)), changes.number[rows], status, when, owner)


def follow_ups(rng: np.random.Generator, leads: Leads) -> Floats:
    """Return when sales first touched each lead that was handed over; NaN: never."""
    size = len(leads.lead)
    known = np.nan_to_num(leads.handed_over)
    quick = rng.random(size) < between(known, 0.52, 0.80)
    delay = np.where(quick, lag(rng, size, 0.16, 0.7), lag(rng, size, 2.6, 0.8))
    never = rng.random(size) < between(known, 0.08, 0.03)
    return happened(np.where(never, np.nan, office_time(rng, leads.handed_over + delay)))


def parked(rng: np.random.Generator, leads: Leads) -> tuple[Integers, Floats]:
    """Return leads that somebody put on a status that stands in no list, and when."""
    known = np.nan_to_num(leads.handed_over)
    hit: Booleans = rng.random(len(leads.lead)) < between(known, 0.11, 0.012)
    when = happened(office_time(rng, leads.handed_over + 3.0 + 20.0 * rng.random(len(leads.lead))))
    lead = np.flatnonzero(hit & ~np.isnan(when))
    return lead, when[lead]
