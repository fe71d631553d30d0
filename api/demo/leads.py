"""Leads, and the stages that they go through from hand-over to won or lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.demo.people import owners
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
    lag,
    months,
    office_time,
    pick,
    season,
    weekday,
)

CHANNELS = {"paid_search": 0.34, "organic": 0.26, "events": 0.14, "referral": 0.14, "partner": 0.12}
SEGMENTS = {"office": 0.50, "cafe": 0.30, "hotel": 0.20}
_RIGHT = {"paid_search": 0.58, "organic": 0.68, "events": 0.62, "referral": 0.80, "partner": 0.72}
_BUDGET = {"paid_search": 0.76, "organic": 0.82, "events": 0.80, "referral": 0.90, "partner": 0.85}
# What a channel or a segment does to conversion; weighted by their shares both are close to 1.
_CHANNEL_PULL = {"paid_search": 0.78, "organic": 0.98, "events": 0.92, "referral": 1.32, "partner": 1.12}
_SEGMENT_PULL = {"office": 1.06, "cafe": 1.00, "hotel": 0.84}
_REASONS = {"no_reply": 0.36, "no_budget": 0.24, "wrong_fit": 0.28, "competitor": 0.12}
_RECYCLED = (0.10, 0.20)


@dataclass(frozen=True)
class Leads:
    """One element a lead; times are NaN where a stage was not reached."""

    lead: Texts
    created: Floats
    channel: Texts
    segment: Texts
    fit: Texts
    budget: Booleans
    spam: Booleans
    owner: Texts
    handed_over: Floats
    accepted: Floats
    opportunity: Floats
    proposal: Floats
    closed: Floats
    won: Booleans
    disqualified: Floats
    returned: Floats

    @property
    def qualified(self) -> Booleans:
        """Tell which leads fit and have a budget."""
        result: Booleans = self.budget & (self.fit == "right")
        return result


@dataclass(frozen=True)
class StageChanges:
    """One element a stage that a lead entered, in order of time."""

    lead: Texts
    number: Integers
    stage: Texts
    changed: Floats
    owner: Texts
    reason: Texts


def each(values: Texts, table: dict[str, float]) -> Floats:
    """Return the number that stands in a table for each text."""
    return np.array([table[value] for value in values], dtype=np.float64)


def make_leads(rng: np.random.Generator) -> Leads:
    """Draw all leads and how far each of them came."""
    created = _arrivals(rng)
    size = len(created)
    channel = pick(rng, size, CHANNELS)
    segment = pick(rng, size, SEGMENTS)
    draw = rng.random(size)
    right = each(channel, _RIGHT) + between(created, 0.0, 0.05)
    fit = np.where(draw < right, "right", np.where(draw < right + 0.6 * (1 - right), "stretch", "wrong"))
    budget = rng.random(size) < each(channel, _BUDGET)
    spam = rng.random(size) < 0.03
    qualified = budget & (fit == "right")
    share = np.where(qualified, 0.93, between(created, 0.58, 0.34)) * ~spam
    start = office_time(rng, created + lag(rng, size, 1.0, 0.8) * between(created, 2.4, 1.0))
    handed_over = np.where(rng.random(size) < share, start, np.nan)
    opportunity, returned, disqualified = _outcomes(rng, handed_over, qualified, channel, segment)
    accepted = _accepted(rng, handed_over, opportunity, disqualified)
    proposal, closed, won = _closings(rng, opportunity, qualified, channel)
    return Leads(
        identifiers("L", size), created, channel, segment, fit.astype(object), budget, spam,
        owners(rng, created, "marketing"), handed_over, accepted, opportunity, proposal, closed, won,
        disqualified, returned,
    )  # fmt: skip


def _arrivals(rng: np.random.Generator) -> Floats:
    days = np.arange(DAYS, dtype=np.float64)
    noise = np.exp(0.10 * rng.standard_normal(DAYS // 7 + 2))[(days // 7).astype(np.int64)]
    rate = (14.0 + 7.0 * days / DAYS) * season(days) * noise * np.where(weekday(days) >= 5, 0.35, 1.2)
    counts = rng.poisson(rate)
    hours = 7.0 + 14.0 * rng.beta(2.4, 2.8, counts.sum())
    return np.sort(np.repeat(days, counts) + hours / 24.0)


def _outcomes(
    rng: np.random.Generator, handed_over: Floats, qualified: Booleans, channel: Texts, segment: Texts
) -> tuple[Floats, Floats, Floats]:
    """Return when leads became opportunities, came back from marketing, and were disqualified."""
    size = len(handed_over)
    known = np.nan_to_num(handed_over)
    monthly = np.exp(0.03 * rng.standard_normal(13))[months(known)]
    pull = each(channel, _CHANNEL_PULL) * each(segment, _SEGMENT_PULL) * monthly
    # About one opportunity in eleven opens after more than 90 days.
    likely = np.where(qualified, between(known, 0.207, 0.303), between(known, 0.135, 0.085)) * pull
    opens = rng.random(size) < likely
    opportunity = np.where(opens, office_time(rng, handed_over + lag(rng, size, 25.0, 0.92)), np.nan)
    dropped = ~opens & (rng.random(size) < 0.80)
    disqualified = np.where(dropped, office_time(rng, handed_over + lag(rng, size, 11.0, 0.8)), np.nan)
    back = dropped & (rng.random(size) < between(known, *_RECYCLED))
    returned = np.where(back, office_time(rng, disqualified + 120.0 + 300.0 * rng.random(size)), np.nan)
    bought = back & (rng.random(size) < 0.42)
    again = office_time(rng, returned + lag(rng, size, 20.0, 0.5))
    return happened(np.where(bought, again, opportunity)), happened(returned), happened(disqualified)


def _accepted(
    rng: np.random.Generator, handed_over: Floats, opportunity: Floats, disqualified: Floats
) -> Floats:
    """Return when sales accepted leads: some skip the stage, some are refused without it."""
    end = np.fmin(opportunity, disqualified)
    share = np.where(np.isnan(opportunity), 0.45, 0.85)
    taken = rng.random(len(handed_over)) < share
    return np.where(taken, handed_over + (end - handed_over) * (0.15 + 0.6 * rng.random(len(end))), np.nan)


def _closings(
    rng: np.random.Generator, opportunity: Floats, qualified: Booleans, channel: Texts
) -> tuple[Floats, Floats, Booleans]:
    size = len(opportunity)
    closed = happened(office_time(rng, opportunity + lag(rng, size, 35.0, 0.55)))
    chance = np.where(qualified, between(np.nan_to_num(opportunity), 0.51, 0.56), 0.44)
    won = (rng.random(size) < chance * np.sqrt(each(channel, _CHANNEL_PULL))) & ~np.isnan(closed)
    offered = won | (rng.random(size) < 0.7)
    end = np.where(np.isnan(closed), opportunity + 30.0, closed)
    middle = opportunity + (end - opportunity) * (0.3 + 0.4 * rng.random(size))
    return happened(np.where(offered, middle, np.nan)), closed, won


def make_stage_changes(
    rng: np.random.Generator, leads: Leads, parked: tuple[Integers, Floats] | None = None
) -> StageChanges:
    """Write down every stage that was entered, in order of time; `parked` are leads and when they were."""
    lost = ~leads.won
    entries = (
        ("mql", leads.handed_over), ("sql", leads.accepted), ("opportunity", leads.opportunity),
        ("proposal", leads.proposal), ("closed_won", np.where(leads.won, leads.closed, np.nan)),
        ("closed_lost", np.where(lost, leads.closed, np.nan)), ("disqualified", leads.disqualified),
        ("mql", leads.returned), ("parked", _at(leads, parked)),
    )  # fmt: skip
    stage = np.concatenate([np.full(len(times), name, dtype=object) for name, times in entries])
    changed = np.concatenate([happened(times) for _, times in entries])
    number = np.tile(np.arange(len(leads.lead)), len(entries))
    keep = np.flatnonzero(~np.isnan(changed))
    order = keep[np.lexsort((number[keep], changed[keep]))]
    stage, changed, number = stage[order], changed[order], number[order]
    reason = np.where(stage == "disqualified", _reasons(rng, leads, number), blank(len(stage)))
    owner = np.where(stage == "mql", owners(rng, changed, "marketing"), owners(rng, changed, "sales"))
    return StageChanges(leads.lead[number], number, stage, changed, owner, reason)


def _at(leads: Leads, found: tuple[Integers, Floats] | None) -> Floats:
    times = np.full(len(leads.lead), np.nan)
    if found is not None:
        times[found[0]] = found[1]
    return times


def _reasons(rng: np.random.Generator, leads: Leads, number: Integers) -> Texts:
    drawn = pick(rng, len(number), _REASONS)
    drawn = np.where((drawn == "no_budget") & leads.budget[number], "no_reply", drawn)
    return np.where((drawn == "wrong_fit") & (leads.fit[number] == "right"), "no_reply", drawn)
