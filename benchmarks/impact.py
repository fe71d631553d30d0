"""What one changed metric among 92 costs by both definitions, against computing it once: in processor seconds.

A folder may be named, that of the demo company: then four of its metrics are taken.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from api.clock import clock_of
from benchmarks import events
from metrics.catalog.catalog import Catalog
from metrics.engine.planner import Planner
from metrics.engine.schedule import request_for
from metrics.engine.session import Session
from metrics.expressions.nodes import Expression
from metrics.expressions.parser import parse
from metrics.operations.impact import Comparison, Pair
from scorecard.definitions import load

ROWS = 300_000
ROUNDS = 3


def main() -> None:
    """Measure both, and print the median of the paired ratios."""
    if sys.argv[1:]:
        root = Path(sys.argv[1])
        catalog = load(root).catalog
        assert catalog is not None
        _measure(
            catalog,
            ("lead_to_opportunity", "csat", "qualified_lead_share", "win_back_rate"),
            root,
            clock_of(root)(),
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        few = events.catalog(events.write(Path(folder), ROWS))
        count = few.metrics["events"]
        more = {
            f"events_{place}": replace(count, metric=f"events_{place}")
            for place in range(92 - len(few.metrics))
        }
        many = replace(few, metrics={**few.metrics, **more})
        now = datetime(2026, 11, 1, tzinfo=UTC)
        _measure(many, ("conversion", "kept_notes", "amount"), Path(folder), now)


def _measure(catalog: Catalog, metrics: tuple[str, ...], root: Path, now: datetime) -> None:
    # Another definition that reads the same rows: nothing is saved by there being fewer.
    narrower = {name: replace(each, where=_narrower(each.where)) for name, each in catalog.datasets.items()}
    head = replace(catalog, datasets=narrower)
    for name in metrics:

        def once(name: str = name) -> None:
            with Session(catalog, root, now) as session:
                asked = [request_for(catalog.metrics[name])]
                assert all(outcome.error is None for outcome in Planner(session).compute(asked))

        def both(name: str = name) -> None:
            with Comparison(catalog, head, root, now) as comparison:
                assert all(each.error is None for each in comparison.impacts([Pair(name, name)]))

        pairs = [(_seconds(both), _seconds(once)) for _ in range(ROUNDS + 1)][1:]
        ratio = statistics.median(a / b for a, b in pairs)
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(
            f"{name} among {len(catalog.metrics)}: both definitions {ours:.2f} s, one {theirs:.2f} s, ratio {ratio:.2f}"
        )


def _narrower(where: Expression | None) -> Expression:
    return parse("1 = 1") if where is None else where


def _seconds(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


if __name__ == "__main__":
    main()
