"""Eight metrics of one dataset in one refresh against the same eight one by one."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import events
from benchmarks.harness import compare
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session

ROWS = 1_000_000


def main() -> None:
    """Compare the two."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = events.catalog(events.write(Path(folder), ROWS))
        asks = [request_for(metric) for metric in catalog.metrics.values() if metric.kind != "conversion"]
        now = datetime(2026, 11, 1, tzinfo=UTC)
        statements: list[int] = []

        def together() -> None:
            with Session(catalog, Path(folder), now) as session:
                assert all(outcome.error is None for outcome in Planner(session).compute(asks))
                statements.append(len(session.statements))

        def apart() -> None:
            count = 0
            for ask in asks:
                with Session(catalog, Path(folder), now) as session:
                    assert all(outcome.error is None for outcome in Planner(session).compute([ask]))
                    count += len(session.statements)
            statements.append(count)

        compare(f"{len(asks)} metrics over {ROWS:,} events", together, apart, rounds=3)
        print(f"statements: {statements[-2]} together, {statements[-1]} apart")


if __name__ == "__main__":
    main()
