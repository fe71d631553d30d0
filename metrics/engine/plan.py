"""A metric on its way, and which scans metrics that are planned together share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from metrics.catalog.metric import Metric
from metrics.engine.schedule import MetricRequest
from metrics.engine.watermarks import Start
from metrics.errors import ScorecardError
from metrics.frame import Frame
from metrics.request import Request
from metrics.sql.periods import TimeFrame
from metrics.sql.scan import Scan
from metrics.sql.scope import Guard


@dataclass(frozen=True)
class Plan:
    """What a metric asks of which sources, in which frame, or the error that planning it failed with.

    `requests` are what its kind asks, by name; `scans` by the same names what those that are scans are read
    by: the scan itself, or one that it shares with other metrics that were planned with it. `guards` come
    with the source that each is counted on, `sources` are those of the metric itself, without its inputs'. `starts` say
    where the rows that it reads begin.
    """

    metric: Metric
    request: MetricRequest
    frame: Frame
    requests: Mapping[str, Request] = field(default_factory=dict)
    scans: Mapping[str, Scan] = field(default_factory=dict)
    guards: tuple[tuple[str, Guard], ...] = ()
    sources: tuple[str, ...] = ()
    starts: tuple[Start, ...] = ()
    error: ScorecardError | None = None
    seconds: float = 0.0

    @property
    def time_frame(self) -> TimeFrame:
        """Return the periods that the plan's selects answer, and until when they read."""
        frame = self.frame
        return TimeFrame(frame.calendar, frame.all_periods(), frame.watermark, frame.only)


def share_scans(plans: Sequence[Plan], source_of: Callable[[str], str]) -> tuple[Plan, ...]:
    """Return plans with the scans that they are answered by, merged where they read the same rows.

    They are merged among these plans alone: nobody's scan reads more for those before or after.
    """

    def key(plan: Plan, scan: Scan) -> object:
        # Metrics share a scan only up to the same watermark.
        return source_of(scan.dataset), scan.merge_key, plan.frame.watermark

    shared: dict[object, Scan] = {}
    for plan in plans:
        for scan in _own_scans(plan).values():
            if not scan.by_period:
                found = shared.get(key(plan, scan))
                shared[key(plan, scan)] = found.merged(scan) if found else scan
    return tuple(
        replace(plan, scans={name: shared.get(key(plan, own), own) for name, own in _own_scans(plan).items()})
        for plan in plans
    )


def _own_scans(plan: Plan) -> dict[str, Scan]:
    return {name: request for name, request in plan.requests.items() if isinstance(request, Scan)}
