"""`/api/v1/metrics/<metric>/changes`: a change taken apart; `/diagnostics`: what stands beside the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint

from api.context import project
from api.metric.inputs import Input, inputs_of
from api.metric.verdict import judged_value
from api.project.project import Project
from api.v1.change_schemas import ChangesQuerySchema, ChangesSchema, DiagnosticsSchema
from api.v1.endpoint import endpoint
from api.v1.metrics import cut_of, grain_of, value_unit
from api.v1.to_date import to_date
from metrics.analysis.change import change
from metrics.analysis.drivers import Moved, causes, segments
from metrics.catalog.metric import Metric
from metrics.describe.units import unit_of
from metrics.errors import UsageError
from metrics.grain import Grain, Period
from metrics.observation import PUBLISHED, Observation, State

blueprint = Blueprint(
    "changes", __name__, url_prefix="/api/v1/metrics", description="Why a value is another than before"
)


@endpoint(blueprint, "/<metric>/changes", ChangesSchema, query=ChangesQuerySchema)
def get_changes(query: Mapping[str, str], metric: str) -> Any:
    """Take one change apart.

    The interval is that of sampling, or of how far the series usually moves. The causes add up to the later
    value less the earlier one as it was first published; the segments' mix and rate to the change of the whole.
    """
    seen = project()
    found = seen.catalog.metric(metric)
    calendar = seen.catalog.company.calendar
    period = calendar.parse(query["period"]) if "period" in query else None
    grain = period.grain if period else grain_of(found, query.get("grain")) or found.grains[0]
    grain_of(found, grain.value)
    totals = seen.store.latest(metric, grain=grain, by=())
    now = period or _newest(found, totals, grain)
    before = calendar.parse(query["against"]) if "against" in query else _previous(seen, now)
    if before.grain is not grain:
        raise UsageError(f"{calendar.name(before)!r} is a {before.grain}, not a {grain}")
    held = {one.period: one for one in totals}
    later, earlier = held.get(now), held.get(before)
    said, unit = judged_value(seen, found, later), unit_of(found, seen.catalog)
    told = change(found, seen.catalog, later, earlier, totals) if later and earlier else None
    is_open = later is not None and later.state is State.PROVISIONAL
    return {
        "metric": metric,
        "unit": value_unit(seen, found),
        "computed_by": seen.computed_by(metric),
        "period": calendar.name(now),
        "against": calendar.name(before),
        "value": later.value if later else None,
        "previous": earlier.value if earlier else None,
        "change": asdict(told) if told else None,
        "to_date": to_date(seen, now, seen.store.to_date(metric)) if is_open else None,
        "judged": asdict(said) if said else None,
        "inputs": [_input(seen, one) for one in inputs_of(seen, found, later)],
        "causes": _causes(seen, metric, before, later),
        "adjusted_by": "benjamini_hochberg",
        "segments": [
            _segment(one, unit) for one in _segments(seen, found, query["by"], totals, (now, before))
        ],
    }


@endpoint(blueprint, "/<metric>/diagnostics", DiagnosticsSchema)
def get_diagnostics(metric: str) -> Any:
    """Show what the last good run published beside the values; nothing of a private metric."""
    seen = project()
    found = seen.catalog.metric(metric)
    success, last = seen.store.last_success(metric), seen.store.last_run(metric)
    failed = last if last is not None and last.outcome == "failed" else None
    # What was stored before a metric became private stays in the store.
    diagnostics = dict(success.diagnostics) if success and not found.private else {}
    return {
        "metric": metric,
        "definition_hash": success.definition_hash if success else None,
        "watermark": success.watermark if success else None,
        "computed_at": success.finished_at if success else None,
        "definition_changed": success is not None and success.definition_hash != seen.hash_of(metric),
        "error": failed.error if failed else None,
        "failed_at": failed.finished_at if failed else None,
        "fit": diagnostics.pop("fit", None),
        "beside": diagnostics,
    }


def _input(seen: Project, one: Input) -> dict[str, Any]:
    period = seen.catalog.company.calendar.name(one.period)
    unit = unit_of(one.metric, seen.catalog)
    return {"metric": one.metric.metric, "unit": unit, "period": period, "value": one.value}


def _newest(metric: Metric, totals: tuple[Observation, ...], grain: Grain) -> Period:
    """Return the newest final period; raise UsageError where there is none."""
    final = [one.period for one in totals if one.state in PUBLISHED]
    if not final:
        raise UsageError(f"metric {metric.metric!r} has no final value by {grain}")
    return max(final, key=lambda period: str(period.start))


def _previous(seen: Project, period: Period) -> Period:
    if period.start is None:
        raise UsageError("grain all has one period alone: name a day, week, month, quarter or year")
    return seen.catalog.company.calendar.previous(period)


def _causes(seen: Project, metric: str, before: Period, later: Observation | None) -> dict[str, float] | None:
    if later is None or later.state not in PUBLISHED:
        return None
    found = causes(seen.store.history(metric, before.grain, before), later)
    return asdict(found) if found else None


def _segments(seen: Project, metric: Metric, by: str, totals: tuple[Observation, ...],
              periods: tuple[Period, Period]) -> tuple[Moved, ...]:  # fmt: skip
    cut = cut_of(metric, by)
    if not cut:
        return ()
    stored = seen.store.latest(metric.metric, grain=periods[0].grain, by=cut)
    return segments(metric, seen.catalog, (*totals, *stored), *periods)


def _segment(moved: Moved, unit: str) -> dict[str, Any]:
    return asdict(moved) | {"dimensions": dict(moved.dimensions), "unit": unit}
