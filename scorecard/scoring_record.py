"""What a scorecard is scored by, as a text that is kept with each refresh and read again later.

It holds the targets, weights and roll-ups, and hash and status of each definition; no value. Equal scorings are equal
texts, so that a store keeps each of them once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from metrics.catalog.catalog import Catalog
from metrics.catalog.definition_hash import canonical_text
from metrics.catalog.metric import DefinitionStatus, Metric, Target
from metrics.describe.units import shown_unit
from metrics.grain import Grain, Span
from scorecard.model import (
    Board,
    Indicator,
    Missing,
    MissingRule,
    Objective,
    Perspective,
    Rollup,
    Scorecard,
)


def scoring_text(catalog: Catalog, board: Board, hashes: Mapping[str, str]) -> str:
    """Return the record of what every scorecard is scored by now; `hashes` are the definitions' by metric."""
    return canonical_text(
        {
            "metrics": {
                name: {
                    "hash": hashes.get(name),
                    "unit": shown_unit(metric, catalog),
                    "direction": metric.direction.value,
                    "targets": [_target(each) for each in metric.targets],
                    # An approved one says nothing, as before there were others.
                    **({} if metric.status is DefinitionStatus.APPROVED else {"status": metric.status.value}),
                }
                for name, metric in catalog.metrics.items()
            },
            "scorecards": {name: _scorecard(each) for name, each in board.scorecards.items()},
        }
    )


def metrics_in(text: str) -> frozenset[str]:
    """Return the names of the metrics that were defined when a record was made."""
    return frozenset(json.loads(text)["metrics"])


def scored_by(text: str, scorecard: Scorecard, catalog: Catalog) -> tuple[Scorecard, Catalog] | None:
    """Return a scorecard and a catalog with the weights, roll-ups, targets and definitions' statuses of a record.

    What they compute stays as it is now. None where the scorecard was not there, was kept by another grain, or
    had a metric that is no more or that is read in another unit or direction by now.
    """
    record = json.loads(text)
    held = record["scorecards"].get(scorecard.scorecard)
    if held is None or held["grain"] != scorecard.grain.value:
        return None
    then = _scorecard_of(scorecard, held)
    metrics = dict(catalog.metrics)
    for name in then.metrics:
        now, earlier = metrics.get(name), record["metrics"].get(name)
        if now is None or earlier is None:
            return None
        if (earlier["unit"], earlier["direction"]) != (shown_unit(now, catalog), now.direction.value):
            return None
        status = DefinitionStatus(earlier.get("status", DefinitionStatus.APPROVED))
        metrics[name] = replace(_with_targets(now, earlier["targets"]), status=status)
    return then, replace(catalog, metrics=metrics)


def same_scoring(one: tuple[Scorecard, Catalog], other: tuple[Scorecard, Catalog]) -> bool:
    """Tell whether two scorecards are scored alike, whatever else their definitions say."""

    def counts(of: tuple[Scorecard, Catalog]) -> tuple[Any, ...]:
        held = [of[1].metrics[name] for name in of[0].metrics]
        return _scorecard(of[0]), [([_target(each) for each in one.targets], one.proposed) for one in held]

    return counts(one) == counts(other)


def _target(target: Target) -> dict[str, Any]:
    return {
        "from": target.from_.isoformat(),
        "goal": _level(target.goal),
        "red_flag": _level(target.red_flag),
        "per": target.per.value if target.per else None,
        "ramp_from": target.ramp_from,
        "dataset": target.dataset,
    }


def _level(level: float | tuple[float, float] | str | None) -> Any:
    return list(level) if isinstance(level, tuple) else level


def _with_targets(metric: Metric, targets: list[dict[str, Any]]) -> Metric:
    return replace(metric, targets=tuple(_target_of(each) for each in targets))


def _target_of(held: Mapping[str, Any]) -> Target:
    goal, red_flag = (
        tuple(level) if isinstance(level, list) else level for level in (held["goal"], held["red_flag"])
    )
    per = Grain(held["per"]) if held["per"] else None
    day = date.fromisoformat(held["from"])
    return Target(day, goal, red_flag, per, held["ramp_from"], held["dataset"])


def _scorecard(scorecard: Scorecard) -> dict[str, Any]:
    missing = scorecard.missing
    return {
        "grain": scorecard.grain.value,
        "missing": missing.rule.value,
        "max_age": str(missing.max_age) if missing.max_age else None,
        "perspectives": [
            {
                "perspective": perspective.perspective,
                "weight": perspective.weight,
                "objectives": [
                    {
                        "objective": objective.objective,
                        "rollup": objective.rollup.value,
                        "indicators": [[one.metric, one.weight] for one in objective.indicators],
                    }
                    for objective in perspective.objectives
                ],
            }
            for perspective in scorecard.perspectives
        ],
    }


def _scorecard_of(scorecard: Scorecard, held: Mapping[str, Any]) -> Scorecard:
    said = {each.objective: each.statement for each in scorecard.objectives}
    perspectives = tuple(
        Perspective(
            perspective["perspective"],
            perspective["weight"],
            tuple(
                Objective(
                    objective["objective"],
                    said.get(objective["objective"], objective["objective"]),
                    indicators=tuple(Indicator(*pair) for pair in objective["indicators"]),
                    rollup=Rollup(objective["rollup"]),
                )
                for objective in perspective["objectives"]
            ),
        )
        for perspective in held["perspectives"]
    )
    age = Span.parse(held["max_age"]) if held["max_age"] else None
    return replace(scorecard, perspectives=perspectives, missing=Missing(MissingRule(held["missing"]), age))
