"""Which leads were nurtured, and what each lead cost, as marketing's hub books it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.demo.leads import Leads, each
from api.demo.timeline import Booleans, Floats, between

_COST = {"paid_search": 26.0, "organic": 7.0, "events": 31.0, "referral": 9.0, "partner": 18.0}
_LETTERS = 2.4


@dataclass(frozen=True)
class Nurture:
    """One element a lead: whether it got the letters that explain what we offer, and what it cost."""

    nurtured: Booleans
    cost: Floats


def make_nurture(rng: np.random.Generator, leads: Leads) -> Nurture:
    """Choose the nurtured so that sales accepts half as many again of them; letters cost a little.

    The leads are drawn before: who is nurtured follows from how far a lead came, and changes nothing of it.
    """
    accepted = ~np.isnan(leads.accepted)
    start = between(leads.created, 0.30, 0.46)
    nurtured = rng.random(len(leads.lead)) < np.where(accepted, start * 1.22, start * 0.86)
    cost = each(leads.channel, _COST) * rng.gamma(9.0, 1 / 9, len(leads.lead))
    booked: Floats = np.round(cost + np.where(nurtured, _LETTERS, 0.0), 2)
    return Nurture(nurtured, booked)
