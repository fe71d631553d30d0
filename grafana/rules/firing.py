"""Which alerts about figures fire, told from the figures themselves: what `grafana.rules.alerts` asks of Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import hypot

from grafana.cards import target_kinds
from grafana.names import camel
from grafana.rules.breach import alert_grains
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Direction, Metric
from metrics.grain import Grain
from metrics.observation import PUBLISHED, Observation
from scorecard.model import Board
from scorecard.target import target_for

Totals = Callable[[str, Grain], Sequence[Observation]]
"""Reads the total of a metric at a grain, oldest first."""


def firing(metric: Metric, catalog: Catalog, board: Board, totals: Totals) -> Iterator[str]:
    """Yield the names of the alerts of a metric that fire: its red flag's, and those of its counter-metrics."""
    if metric.proposed:
        return
    for grain in alert_grains(metric, board):
        seen = _published(totals(metric.metric, grain))
        if seen and crosses(metric, catalog, seen[-1]):
            yield camel("red_flag", metric.metric)
        for guard in (catalog.metrics[name] for name in metric.guards if name in catalog.metrics):
            watched = grain in guard.grains and not guard.proposed
            held = _published(totals(guard.metric, grain)) if watched else []
            if held and crosses(guard, catalog, held[-1]) and improves(metric, seen):
                yield camel("guard_broken", metric.metric, guard.metric)


def _published(observations: Sequence[Observation]) -> list[Observation]:
    return [each for each in observations if each.state in PUBLISHED and each.value is not None]


def crosses(metric: Metric, catalog: Catalog, seen: Observation) -> bool:
    """Tell whether the whole interval of a value lies behind its red flag, or the value where there is no interval."""
    target = target_for(metric, seen.period, catalog)
    if target is None or seen.value is None:
        return False
    if seen.sample_size is not None and seen.sample_size < metric.min_sample:
        return False
    levels = dict(target.numbers())
    for kind in target_kinds(metric):
        if not kind.startswith("red_flag") or kind not in levels:
            continue
        below = metric.direction is Direction.UP or kind == "red_flag_lower"
        bound = seen.upper if below else seen.lower
        nearest = seen.value if bound is None else bound
        if nearest < levels[kind] if below else nearest > levels[kind]:
            return True
    return False


def improves(metric: Metric, seen: Sequence[Observation]) -> bool:
    """Tell whether the latest value is clearly better than the one before it."""
    if metric.direction not in (Direction.UP, Direction.DOWN) or len(seen) < 2:
        return False
    before, now = seen[-2:]
    assert before.value is not None
    assert now.value is not None
    up = metric.direction is Direction.UP
    gain = now.value - before.value if up else before.value - now.value
    near, far = (now.lower, before.upper) if up else (now.upper, before.lower)
    if near is None or far is None:
        return gain > 0
    return gain > hypot(now.value - near, far - before.value)
