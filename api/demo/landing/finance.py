"""Finance's ledger, budget and exchange rates."""

from __future__ import annotations

import numpy as np

from api.demo import money
from api.demo.tables import Columns, keep
from api.demo.timeline import Integers, Syncs, stamps


def _days(values: Integers) -> Columns:
    return {"day": stamps(values.astype(np.float64))}


def spend(rows: money.Spend, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the ledger's spend; the channel is empty where it serves all of them."""
    columns = {
        **_days(rows.day),
        "category": rows.category,
        "department": rows.department,
        "channel": rows.channel,
        "amount": rows.amount,
        "currency": np.full(len(rows.day), "GBP", dtype=object),
    }
    booked = log.arrival(rng, rows.day.astype(np.float64) + 0.7)
    return keep({**columns, "booked_at": stamps(booked)}, ~np.isnan(booked))


def budget(rows: money.Budget) -> Columns:
    """Return the budget by month."""
    return {"month": stamps(rows.month.astype(np.float64)), "plan": rows.plan, "floor": rows.floor}


def rates(rows: money.Rates) -> Columns:
    """Return euro rates by working day."""
    size = len(rows.day)
    return {
        **_days(rows.day),
        "base": np.full(size, "EUR", dtype=object),
        "quote": np.full(size, "GBP", dtype=object),
        "rate": rows.rate,
    }
