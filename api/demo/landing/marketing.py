"""Marketing's hub: contacts, leads, the quiz, touches, answers to letters, and what is said in public."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from api.demo.attention import Contacts, Quizzes, Responses
from api.demo.landing import arrived
from api.demo.leads import Leads
from api.demo.nurture import Nurture
from api.demo.tables import Columns, keep
from api.demo.timeline import Syncs, Texts, stamps
from api.demo.touches import Touches
from api.demo.voices import Voices


def contacts(rows: Contacts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return everybody whom marketing has seen."""
    columns = {"contact_id": rows.contact, "first_seen_at": stamps(rows.seen), "channel": rows.channel}
    return arrived(columns, rows.seen, log, rng)


def leads(rows: Leads, people: Contacts, nurture: Nurture, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return marketing's leads."""
    columns = {
        "lead_id": rows.lead,
        "contact_id": people.contact[people.of_lead],
        "created_at": stamps(rows.created),
        "channel": rows.channel,
        "segment": rows.segment,
        "budget_ok": rows.budget,
        "fit": rows.fit,
        "status": np.where(rows.spam, "spam", "genuine").astype(object),
        "owner_id": rows.owner,
        "nurtured": nurture.nurtured,
        "lead_cost": nurture.cost,
    }
    return arrived(columns, rows.created, log, rng)


def quizzes(rows: Quizzes, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the quizzes that were started on the web."""
    columns = {
        "quiz_id": rows.quiz,
        "started_at": stamps(rows.started),
        "finished_at": stamps(rows.finished),
        "outcome": rows.outcome,
    }
    return arrived(columns, rows.started, log, rng)


def responses(rows: Responses, visitors: Texts, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return answers to letters and visits to the web, by contact or cookie."""
    columns = {
        "response_id": rows.response,
        "visitor_id": visitors,
        "kind": rows.kind,
        "occurred_at": stamps(rows.occurred),
    }
    return arrived(columns, rows.occurred, log, rng)


def touches(
    rows: Touches, people: Leads, log: Syncs, rng: np.random.Generator
) -> Iterator[tuple[int, Columns]]:
    """Yield a year and its touches, for each year."""
    columns = arrived(
        {
            "touch_id": rows.touch,
            "lead_id": people.lead[rows.lead],
            "channel": people.channel[rows.lead],
            "kind": rows.kind,
            "stage": rows.stage,
            "owner_id": rows.owner,
            "occurred_at": stamps(rows.occurred),
            "hours": rows.hours,
        },
        rows.occurred, log, rng,
    )  # fmt: skip
    years = columns["occurred_at"].astype("datetime64[Y]").astype(np.int64) + 1970
    for year in np.unique(years):
        yield int(year), keep(columns, years == year)


def mentions(rows: Voices, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return mentions on social networks."""
    columns = {
        "mention_id": rows.voice,
        "network": rows.place,
        "posted_at": stamps(rows.posted),
        "sentiment": rows.sentiment,
        "topic": rows.topic,
        "model": rows.model,
    }
    return arrived(columns, rows.posted, log, rng)


def reviews(rows: Voices, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return reviews on rating sites."""
    columns = {
        "review_id": rows.voice,
        "site": rows.place,
        "posted_at": stamps(rows.posted),
        "rating": rows.rating,
        "sentiment": rows.sentiment,
        "topic": rows.topic,
        "model": rows.model,
    }
    return arrived(columns, rows.posted, log, rng)
