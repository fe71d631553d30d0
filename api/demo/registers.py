"""What people keep by hand in lists: standards, contact points, claims, promotions and topics to write about."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from api.demo.handover import STAGES
from api.demo.tables import Columns
from api.demo.timeline import DAYS, START, Floats, Texts, between, days_to, identifiers, stamps

# Product, hours, from when: what service stands for, as it was put into the catalogue.
STANDARDS = (
    ("beans", 72, START), ("beans", 60, date(2026, 1, 1)), ("service_kit", 96, START),
    ("machine", 240, START), ("pantry", 72, START),
)  # fmt: skip
_POINTS = (
    "web enquiry", "phone enquiry", "quiz result", "sample request", "trade fair talk", "site visit", "quote",
    "trial machine", "contract", "first delivery", "installation", "training", "invoice", "late delivery",
    "machine fault", "complaint", "refund", "plan change", "cancellation", "address change", "review answer",
    "social media question", "newsletter answer", "referral",
)  # fmt: skip
_CLAIMS = (
    "roasted this week", "delivered in three days", "machines repaired in two days", "carbon neutral",
    "single origin", "no small print", "best price", "fits every kitchen", "free training",
    "less waste than pods", "a person answers", "swap any time", "fair to farmers", "quiet machines",
    "low water use", "fresh for six weeks", "same driver each time", "no minimum order", "cancel any time",
    "award winning beans", "half the energy", "ready in a day", "beans for all water", "no hidden fees",
)  # fmt: skip
_SUBJECTS = (
    "descaling", "grind size", "late parcel", "wrong beans", "invoice address", "water filter", "milk foam",
    "pause a plan", "error code E4", "change a delivery day", "decaf", "machine leaks", "vat number", "loan return",
    "bean storage", "noise", "training dates", "spare parts", "delivery window", "second machine",
)  # fmt: skip
_TOP = 8
_NOTICE = 10


def _texts(values: list[str | None]) -> Texts:
    return np.array(values, dtype=object)


def _days(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def stage_map() -> Columns:
    """Return which stage of the journey each status of the CRM stands for, and who leads there."""
    columns = zip(*((status, *row) for status, row in STAGES.items()), strict=True)
    names = ("status", "stage", "phase", "leads")
    return {name: _texts(list(values)) for name, values in zip(names, columns, strict=True)}


def service_standards() -> Columns:
    """Return the service catalogue: hours by product, from when to when."""
    until = [
        min((other for name, _, other in STANDARDS if name == product and other > since), default=None)
        for product, _, since in STANDARDS
    ]
    return {
        "product": _texts([product for product, _, _ in STANDARDS]),
        "standard_hours": np.array([hours for _, hours, _ in STANDARDS]),
        "valid_from": stamps(_days([days_to(since) for _, _, since in STANDARDS])),
        "valid_to": stamps(_days([days_to(day) if day else np.nan for day in until])),
    }


def contact_points(rng: np.random.Generator) -> Columns:
    """Return where customers meet the company, and since when the departments have one process there."""
    rows: list[tuple[str, str, float, float, bool]] = []
    for place, name in enumerate(_POINTS, start=1):
        # A few had a joint process from the start; most got one after the milestone, some have none yet.
        drawn, point = rng.random(), f"T{place:02d}"
        if drawn < 0.17:
            rows.append((point, name, 0.0, np.nan, True))
            continue
        day = 200.0 + 430.0 * rng.random() if drawn < 0.28 else 660.0 + 420.0 * rng.random()
        if drawn > 0.86:
            rows.append((point, name, 0.0, np.nan, False))
            continue
        rows += [(point, name, 0.0, np.floor(day), False), (point, name, np.floor(day), np.nan, True)]
    return _standing(rows, "point_id", "contact_point", "joint_process")


def claims(rng: np.random.Generator) -> Columns:
    """Return what marketing says in public, from when to when, and whether evidence bears it out."""
    rows: list[tuple[str, str, float, float, bool]] = []
    for place, claim in enumerate(_CLAIMS, start=1):
        name, since = f"C{place:02d}", 0.0 if rng.random() < 0.6 else np.floor(500.0 * rng.random())
        if rng.random() < 0.58:
            rows.append((name, claim, since, np.nan, True))
            continue
        checked = np.floor(since + 120.0 + (1300.0 - since) * rng.random() ** 0.6)
        rows.append((name, claim, since, checked if checked < DAYS else np.nan, False))
        # What was checked is put right and goes on, or is not said any more.
        if checked < DAYS and rng.random() < 0.6:
            rows.append((name, claim, checked, np.nan, True))
    return _standing(rows, "claim_id", "claim", "evidence_met")


def _standing(rows: list[tuple[str, str, float, float, bool]], key: str, name: str, flag: str) -> Columns:
    """Return a list in which something holds from one day to another."""
    return {
        key: _texts([row[0] for row in rows]),
        name: _texts([row[1] for row in rows]),
        "valid_from": stamps(_days([row[2] for row in rows])),
        "valid_to": stamps(_days([row[3] for row in rows])),
        flag: np.array([row[4] for row in rows]),
    }


def promotions(rng: np.random.Generator) -> Columns:
    """Return the calendar of promotions, with the day on which service was told; empty: never."""
    starts = np.flatnonzero(rng.random(DAYS + 30) < 5.2 / 30.4)
    early = rng.random(len(starts)) < between(starts.astype(np.float64), 0.46, 0.86)
    ahead = np.where(
        early, _NOTICE + rng.integers(0, 21, len(starts)), rng.integers(-3, _NOTICE, len(starts))
    )
    told = (starts - ahead).astype(np.float64)
    told[(rng.random(len(starts)) < 0.10) & ~early] = np.nan
    kinds = _texts(["price", "new product", "bundle", "event", "voucher"])
    return {
        "promotion_id": identifiers("Z", len(starts)),
        "kind": kinds[rng.integers(0, len(kinds), len(starts))],
        "starts_on": stamps(starts.astype(np.float64)),
        "ends_on": stamps((starts + 3 + rng.integers(0, 18, len(starts))).astype(np.float64)),
        "told_service_on": stamps(np.where(told >= DAYS, np.nan, told)),
    }


def content_topics(rng: np.random.Generator) -> Columns:
    """Return the topics that were asked about most in each month, and when an article on each came out."""
    published = {
        subject: float(rng.integers(60, 640) if rng.random() < 0.35 else rng.integers(660, 1600))
        for subject in _SUBJECTS
    }
    rows: list[tuple[float, str, int, int, float]] = []
    day = START
    while days_to(day) < DAYS:
        asked = rng.permutation(len(_SUBJECTS))[:_TOP]
        counts = np.sort(rng.poisson(26.0, _TOP))[::-1]
        for rank, (place, count) in enumerate(zip(asked, counts, strict=True), start=1):
            subject = _SUBJECTS[place]
            out = published[subject]
            rows.append((float(days_to(day)), subject, rank, int(count), out if out < DAYS else np.nan))
        day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return {
        "month": stamps(_days([row[0] for row in rows])),
        "topic": _texts([row[1] for row in rows]),
        "rank": np.array([row[2] for row in rows]),
        "tickets": np.array([row[3] for row in rows]),
        "published_on": stamps(_days([row[4] for row in rows])),
    }
