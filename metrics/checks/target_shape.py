"""Targets fit the metric's direction, and one holds at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Direction, Metric, Target
from metrics.errors import Finding, Level
from metrics.loading.loader import Places

CODE = "target-shape"

_PERCENT = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?) ?%")


Problem = tuple[tuple[str, ...], str]


def check(catalog: Catalog, at: Places) -> Iterator[Finding]:
    """Yield a finding for each target that cannot be scored, and for two that start together."""
    for name, metric in catalog.metrics.items():
        if metric.direction is Direction.NONE and metric.targets:
            message = "a metric without a direction is never scored: its targets are not used"
            yield Finding(at("metric", name, "targets", key=True), CODE, message, Level.ADVICE)
            continue
        for index, target in enumerate(metric.targets):
            for path, message in (*_problems(metric, target), *_again(metric.targets, index)):
                yield Finding(at("metric", name, "targets", index, *path), CODE, message)


def _again(targets: tuple[Target, ...], index: int) -> Iterator[Problem]:
    target = targets[index]
    if any((each.from_, each.per) == (target.from_, target.per) for each in targets[:index]):
        yield ("from",), f"a target from {target.from_} is written above already"


def _problems(metric: Metric, target: Target) -> Iterator[Problem]:
    if target.goal is None:
        yield (), "missing key 'goal'"
    elif target.dataset is not None:
        yield from _planned(target)
    elif metric.direction is Direction.BAND:
        yield from _band(target)
    else:
        yield from _one_sided(metric.direction, target)


def _planned(target: Target) -> Iterator[Problem]:
    for key in ("goal", "red_flag"):
        if not isinstance(getattr(target, key), str | None):
            yield (key,), f"{key} names a column of the plan {target.dataset!r}"
    if target.ramp_from is not None:
        yield ("ramp_from",), "a plan has a value for each period: leave ramp_from out"


def _one_sided(direction: Direction, target: Target) -> Iterator[Problem]:
    wrong = [key for key in ("goal", "red_flag") if not isinstance(getattr(target, key), float | None)]
    for key in wrong:
        yield (
            (key,),
            _instead(key, getattr(target, key)) or f"{key} is one number where the direction is {direction}",
        )
    goal, red_flag = target.goal, target.red_flag
    if isinstance(goal, float) and isinstance(red_flag, float):
        if direction is Direction.UP and not red_flag < goal:
            yield ("red_flag",), f"red_flag {red_flag:.15g} is not below goal {goal:.15g}, but more is better"
        if direction is Direction.DOWN and not goal < red_flag:
            yield ("red_flag",), f"red_flag {red_flag:.15g} is not above goal {goal:.15g}, but less is better"


def _instead(key: str, value: object) -> str | None:
    """Say what to write where a text stands for a number."""
    if not isinstance(value, str):
        return None
    share = _PERCENT.fullmatch(value)
    if share:
        return f"{value!r} is a text: write {float(share[1]) / 100:.15g}"
    return f"{key} names the column {value!r}, but the target has no dataset: write a number, or the plan's dataset"


def _band(target: Target) -> Iterator[Problem]:
    pairs = {"goal": target.goal, "red_flag": target.red_flag}
    for key, pair in pairs.items():
        if pair is not None and not isinstance(pair, tuple):
            yield (key,), _instead(key, pair) or f"{key} of a band is a list of 2 numbers"
        elif isinstance(pair, tuple) and not pair[0] < pair[1]:
            yield (key,), f"{key} runs from the lower number to the higher one"
    goal, red_flag = target.goal, target.red_flag
    if isinstance(goal, tuple) and isinstance(red_flag, tuple):
        inside = red_flag[0] < goal[0] and goal[1] < red_flag[1]
        if not inside:
            yield ("red_flag",), "red_flag lies outside the goal on both sides"
    if target.ramp_from is not None:
        yield ("ramp_from",), "a band has no ramp_from"
