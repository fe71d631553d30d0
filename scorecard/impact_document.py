"""What a change of definitions does, as plain JSON values: by metric, by scorecard and period, alerts and boards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from metrics.observation import Estimate
from metrics.operations.impact import Impact, Line
from metrics.operations.members import Change, Counted
from scorecard.equal_goal import EqualGoal
from scorecard.impact import DefinitionImpact, IndicatorImpact, ScorecardImpact
from scorecard.report_model import IndicatorReport
from scorecard.score import Level

Json = dict[str, Any]


def impact_document(impact: DefinitionImpact, *, redacted: bool = False) -> Json:
    """Return all of it; redacted, nothing but how values move, relative to what they were, and statuses that flip.

    Of a sample no scorecard, goal or alert is said.
    """
    return {
        "data_to": None if impact.watermark is None else impact.watermark.isoformat(),
        "metrics": {
            each.pair.name: metric_document(impact, each, redacted=redacted) for each in impact.metrics
        },
        "scorecards": [scorecard_document(each, redacted=redacted) for each in impact.scorecards],
        "alerts": [
            {"alert": each.alert, "metric": each.metric, "change": "starts" if each.starts else "stops"}
            for each in impact.alerts
        ],
        "boards": list(impact.boards),
        "objectives": [
            {"scorecard": each.scorecard, "objective": each.objective} for each in impact.objectives
        ],
        "sample": impact.sample,
    }


def metric_document(impact: DefinitionImpact, found: Impact, *, redacted: bool = False) -> Json:
    """Return what happens to one metric: its values that would be other, who leaves, and its goal as hard as before."""
    error = None if found.error is None else {"side": found.failed, "message": str(found.error)}
    goal = impact.goals.get(found.pair.name)
    turnover = found.turnover
    entities = None if turnover is None else {
        "grain": turnover.grain.value, "entity": turnover.noun, "outcome": turnover.outcome,
        "periods": [
            {"period_start": day.isoformat(), **_change(change, redacted)}
            for day, change in sorted(turnover.changes.items()) if not change.nothing
        ],
    }  # fmt: skip
    return {
        "impact": [_line(line, redacted) for line in found.moved],
        "compared": len(found.lines),
        "entities": entities,
        "goal": None if goal is None or redacted else _goal(goal),
        "error": error,
    }


def _line(line: Line, redacted: bool) -> Json:
    before = line.before.value if line.before is not None else None
    start = line.period.start
    said: Json = {
        "grain": line.period.grain.value,
        "period_start": None if start is None else start.isoformat(),
        "dimensions": dict(line.dimensions),
    }
    if not redacted:
        said |= {"from": _estimate(line.before), "to": _estimate(line.after), "difference": line.difference}
    share = line.difference / abs(before) if line.difference is not None and before else None
    return {**said, "relative": share}


def _estimate(seen: Estimate | None) -> Json | None:
    return None if seen is None else {"state": seen.state.value, **seen.figures()}


def _change(change: Change, redacted: bool) -> Json:
    """Return who leaves and who enters; redacted, as shares of who was there."""
    parts = {"leaving": (change.leaving, change.before), "entering": (change.entering, change.after)}
    if redacted:
        return {name: _shares(part, whole) for name, (part, whole) in parts.items()}
    counts = {"from": change.before, "to": change.after, **{name: part for name, (part, _) in parts.items()}}
    stays = {"no_longer_in_numerator": change.lost, "newly_in_numerator": change.gained}
    return {**{name: _counted(each) for name, each in counts.items()}, **stays}


def _counted(found: Counted) -> Json:
    return {"denominator": found.all, "numerator": found.counted, "share": found.share}


def _shares(part: Counted, whole: Counted) -> Json:
    return {
        "denominator": part.all / whole.all if whole.all else None,
        "numerator": part.counted / whole.counted if whole.counted else None,
    }


def _goal(goal: EqualGoal) -> Json:
    return {
        "period": None if goal.period.start is None else goal.period.start.isoformat(),
        "goal": {"from": _level(goal.target.goal), "as_hard_as_before": _level(goal.goal)},
        "red_flag": {"from": _level(goal.target.red_flag), "as_hard_as_before": _level(goal.red_flag)},
    }


def _level(level: Level | None) -> Any:
    return list(level) if isinstance(level, tuple) else level


def scorecard_document(card: ScorecardImpact, *, redacted: bool = False) -> Json:
    """Return how a scorecard would stand in one period, with the indicators and objectives that move."""
    before, after = card.before, card.after
    said: Json = {"scorecard": card.scorecard, "period": card.period_name, "current": card.current}
    if not redacted:
        said["score"] = _moved(before.score if before else None, after.score if after else None)
    said["status"] = _moved(before.status.value if before else None, after.status.value if after else None)
    shown: Iterable[IndicatorImpact] = card.flips if redacted else card.indicators
    said["indicators"] = [_indicator(one, redacted) for one in shown]
    said["objectives"] = [one.objective for one in card.objectives]
    return said


def _indicator(one: IndicatorImpact, redacted: bool) -> Json:
    sides: Mapping[str, IndicatorReport | None] = {"from": one.before, "to": one.after}
    said: Json = {
        "metric": one.metric,
        "status": {name: each.status.value if each else None for name, each in sides.items()},
        "certain": {name: each.status_certain if each else None for name, each in sides.items()},
    }
    if not redacted:
        said["score"] = {name: each.performance if each else None for name, each in sides.items()}
    return said


def _moved(before: Any, after: Any) -> Json:
    return {"from": before, "to": after}
