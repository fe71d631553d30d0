"""The tables as the departments' systems hold them: columns, ids, and when each row arrived.

A row that no sync has brought yet is left out.
"""

from __future__ import annotations

import numpy as np

from api.demo.tables import Columns, keep
from api.demo.timeline import Floats, Syncs, stamps


def arrived(columns: Columns, times: Floats, log: Syncs, rng: np.random.Generator) -> Columns:
    """Return the rows that a sync has brought, with the time at which it did."""
    synced = log.arrival(rng, times)
    return keep({**columns, "synced_at": stamps(synced)}, ~np.isnan(synced))


def syncs(log: Syncs) -> Columns:
    """Return one row for each nightly sync of a system."""
    return {"system": np.full(len(log.done), log.system, dtype=object), "done_at": stamps(log.done)}
