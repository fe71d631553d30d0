"""A cohort conversion by month, quarter and channel against SQL written by hand, on one million events."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks import events
from benchmarks.harness import compare
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session

ROWS = 1_000_000
HAND = """
with f as (select lead_id, min("at") as t, arg_min(channel, ("at", event_id)) as channel
           from read_parquet('{path}') where stage = 'mql' group by 1),
     g as (select lead_id, min("at") as u from read_parquet('{path}') where stage = 'opportunity' group by 1),
     e as (select date_trunc('month', timezone('Europe/London', timezone('UTC', t))) as m, channel,
                  u >= t and u < t + interval 90 day as won from f left join g using (lead_id))
select date_trunc('month', m) as month, date_trunc('quarter', m) as quarter, channel, count(*),
       count(*) filter (where won)
from (select m, channel, coalesce(won, false) as won from e)
group by grouping sets ((date_trunc('month', m)), (date_trunc('month', m), channel),
                        (date_trunc('quarter', m)), (date_trunc('quarter', m), channel))
"""


def main() -> None:
    """Compare the two."""
    with tempfile.TemporaryDirectory() as folder:
        path = events.write(Path(folder), ROWS)
        catalog = events.catalog(path)

        def ours() -> None:
            with Session(catalog, Path(folder), datetime(2026, 11, 1, tzinfo=UTC)) as session:
                for outcome in Planner(session).compute([request_for(catalog.metrics["conversion"])]):
                    assert outcome.error is None

        def theirs() -> None:
            with duckdb.connect() as connection:
                assert connection.execute(HAND.replace("{path}", str(path))).fetchall()

        compare(f"conversion over {ROWS:,} events", ours, theirs)


if __name__ == "__main__":
    main()
