"""Score values on the goal and red-flag scale, and roll scores up: pure arithmetic.

A value at its red flag stands at 1/3 of the scale, at its goal at 2/3. docs/scoring.md says it in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum
from types import MappingProxyType

from metrics.catalog.metric import Direction
from scorecard.model import MissingRule, Rollup

RED_FLAG_AT = 1 / 3
GOAL_AT = 2 / 3
_SAME = 1e-9

Level = float | tuple[float, float]
"""A goal or a red flag: a number, or for direction `band` the two ends of a band."""


class Status(StrEnum):
    """What a score says, or why there is none; the last five are never a colour."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    NO_DATA = "no_data"
    PROVISIONAL = "provisional"
    SMALL_SAMPLE = "small_sample"
    SUPPRESSED = "suppressed"
    UNSCORED = "unscored"

    @property
    def scored(self) -> bool:
        """Tell whether the status stands for a score."""
        return self in (Status.RED, Status.AMBER, Status.GREEN)


@dataclass(frozen=True)
class Style:
    """How a status looks: its word, a shape that is told apart without colour, colour and CSS class."""

    word: str
    glyph: str
    colour: str
    css: str


STATUS_STYLE: Mapping[Status, Style] = MappingProxyType(
    {
        Status.GREEN: Style("On target", "●", "green", "status-green"),
        Status.AMBER: Style("Watch", "▲", "amber", "status-amber"),
        Status.RED: Style("Red flag", "◆", "red", "status-red"),
        Status.NO_DATA: Style("No data", "○", "grey", "status-no-data"),
        Status.PROVISIONAL: Style("Provisional", "◐", "grey", "status-provisional"),
        Status.SMALL_SAMPLE: Style("Small sample", "◌", "grey", "status-small-sample"),
        Status.SUPPRESSED: Style("Suppressed", "■", "grey", "status-suppressed"),
        Status.UNSCORED: Style("Not scored", "□", "grey", "status-unscored"),
    }
)

# The reason that a reader can act on first: waiting helps, then more rows, then nothing does.
_REASONS = (Status.PROVISIONAL, Status.SMALL_SAMPLE, Status.SUPPRESSED, Status.NO_DATA, Status.UNSCORED)


def scale_score(
    value: float, direction: Direction, goal: Level, red_flag: Level | None = None, *, clip: bool = True
) -> float:
    """Return where a value stands on its scale: red flag 1/3, goal 2/3, linear, clipped to 0..1.

    `value`, `goal` and `red_flag` are in the metric's unit. `down` expects goal < red_flag. `band` expects
    pairs: 2/3 at the goal band's ends, 1 at its middle, 1/3 at the red flag's ends. Without a red flag the
    scale is yes or no: 1 where the goal is met, else 0. `clip=False` lets a value run off the scale.

    Raises:
        ValueError: the levels do not fit the direction (see `level_problem`), or the direction is `none`.
    """
    problem = level_problem(direction, goal, red_flag)
    if problem:
        raise ValueError(problem)
    score = _band_score(value, goal, red_flag) if isinstance(goal, tuple) else None
    if score is None:
        score = _line_score(value, direction, goal, red_flag)
    score = _snap(score)
    return min(1.0, max(0.0, score)) if clip else score


def level_problem(direction: Direction, goal: Level | None, red_flag: Level | None) -> str | None:
    """Return what is wrong with a goal and red flag for a direction, or None where they fit."""
    if direction is Direction.NONE:
        return "direction none is context: shown, never scored"
    if goal is None:
        return "a target needs a goal"
    if direction is Direction.BAND:
        return _band_problem(goal, red_flag)
    if isinstance(goal, tuple) or isinstance(red_flag, tuple):
        return f"direction {direction} takes numbers, not pairs"
    if red_flag is None:
        return None
    if direction is Direction.UP and not goal > red_flag:
        return f"direction up needs a goal above the red flag, got goal {goal:g} and red flag {red_flag:g}"
    if direction is Direction.DOWN and not goal < red_flag:
        return f"direction down needs a goal below the red flag, got goal {goal:g} and red flag {red_flag:g}"
    return None


def _band_problem(goal: Level, red_flag: Level | None) -> str | None:
    if not isinstance(goal, tuple) or not (red_flag is None or isinstance(red_flag, tuple)):
        return "direction band takes pairs: goal: [0.4, 0.6], red_flag: [0.3, 0.7]"
    if not goal[0] < goal[1]:
        return f"the goal band [{goal[0]:g}, {goal[1]:g}] must rise"
    if red_flag is not None and not (red_flag[0] < goal[0] and goal[1] < red_flag[1]):
        return (
            f"the red-flag band [{red_flag[0]:g}, {red_flag[1]:g}] must lie around "
            f"the goal band [{goal[0]:g}, {goal[1]:g}]"
        )
    return None


def _line_score(value: float, direction: Direction, goal: Level, red_flag: Level | None) -> float:
    assert not isinstance(goal, tuple)
    assert not isinstance(red_flag, tuple)
    if red_flag is None:
        met = value >= goal if direction is Direction.UP else value <= goal
        return 1.0 if met else 0.0
    return (1 + (value - red_flag) / (goal - red_flag)) / 3


def _band_score(value: float, goal: tuple[float, float], red_flag: Level | None) -> float:
    low, high = goal
    if low <= value <= high:
        from_edge = min(value - low, high - value) / ((high - low) / 2)
        return 1.0 if red_flag is None else (2 + from_edge) / 3
    if red_flag is None:
        return 0.0
    assert isinstance(red_flag, tuple)
    edge, flag = (low, red_flag[0]) if value < low else (high, red_flag[1])
    return (1 + (value - flag) / (edge - flag)) / 3


def _snap(score: float) -> float:
    """Return the bound itself for a score within rounding of it: 0.1 + 0.2 meets a goal of 0.3."""
    for bound in (RED_FLAG_AT, GOAL_AT):
        if abs(score - bound) < _SAME:
            return bound
    return score


def status_of(score: float) -> Status:
    """Return the status of a score of 0..1; a bound belongs to the better side."""
    snapped = _snap(score)
    if snapped >= GOAL_AT:
        return Status.GREEN
    return Status.AMBER if snapped >= RED_FLAG_AT else Status.RED


@dataclass(frozen=True)
class Child:
    """What one child brings to a roll-up: its weight, its score (0..100 or None) and its coverages."""

    weight: float
    score: float | None
    status: Status
    coverage: float
    provisional_coverage: float = 0.0


@dataclass(frozen=True)
class RolledUp:
    """A score of 0..100 or None, why, how much of the weight is behind it, and each child's share.

    `weights` are percentages of the whole; None for a child that does not count.
    """

    score: float | None
    status: Status
    coverage: float
    provisional_coverage: float
    weights: tuple[float | None, ...]


def roll_up(
    children: Sequence[Child],
    missing: MissingRule = MissingRule.REDISTRIBUTE,
    method: Rollup = Rollup.MEAN,
) -> RolledUp:
    """Roll scores up into one, with the share of the weight that has a score beside it.

    A missing child's weight goes to the others (`redistribute`, and `carry_forward` where nothing was
    carried), hides the whole (`propagate`) or counts as 0 (`zero`). A child that is not scored at all
    (`unscored`: no target) is left out under every rule; coverage counts it as not covered.
    """
    counted = [_counted(child, missing) for child in children]
    gap = any(score is None and child.status is not Status.UNSCORED
              for child, score in zip(children, counted, strict=True))  # fmt: skip
    if missing is MissingRule.PROPAGATE and gap:
        counted = [None] * len(children)
    present = [(child.weight, score) for child, score in zip(children, counted, strict=True)
               if score is not None]  # fmt: skip
    score = _METHODS[method](present) if fsum(weight for weight, _ in present) > 0 else None
    return RolledUp(
        score=score,
        status=status_of(score / 100) if score is not None else _reason(children),
        coverage=_share(children, lambda child: child.coverage),
        provisional_coverage=_share(children, lambda child: child.provisional_coverage),
        weights=effective_weights(
            tuple(child.weight for child in children), tuple(score is not None for score in counted)
        ),
    )


def effective_weights(weights: Sequence[float], present: Sequence[bool]) -> tuple[float | None, ...]:
    """Return each present weight as a percentage of all present ones; None for those that are missing."""
    total = fsum(weight for weight, here in zip(weights, present, strict=True) if here)
    return tuple(
        100 * weight / total if here and total > 0 else None
        for weight, here in zip(weights, present, strict=True)
    )


def _counted(child: Child, missing: MissingRule) -> float | None:
    if child.score is None and missing is MissingRule.ZERO and child.status is not Status.UNSCORED:
        return 0.0
    return child.score


def _reason(children: Sequence[Child]) -> Status:
    found = {child.status for child in children}
    return next((reason for reason in _REASONS if reason in found), Status.NO_DATA)


def _share(children: Sequence[Child], part: Callable[[Child], float]) -> float:
    total = fsum(child.weight for child in children)
    return min(1.0, fsum(child.weight * part(child) for child in children) / total) if total > 0 else 0.0


Weighted = Sequence[tuple[float, float]]


def _mean(present: Weighted) -> float:
    mean = fsum(weight * score for weight, score in present) / fsum(weight for weight, _ in present)
    # Rounding must not carry a mean outside what it is the mean of.
    return min(max(mean, min(score for _, score in present)), max(score for _, score in present))


def _worst(present: Weighted) -> float:
    return min(score for _, score in present)


def _best(present: Weighted) -> float:
    return max(score for _, score in present)


def _most_frequent(present: Weighted) -> float:
    """Return the mean of the children whose status bears the most weight; a tie goes to the worse."""
    ordered = (Status.RED, Status.AMBER, Status.GREEN)
    groups = {status: [pair for pair in present if status_of(pair[1] / 100) is status] for status in ordered}
    heaviest = max(ordered, key=lambda status: fsum(weight for weight, _ in groups[status]))
    return _mean(groups[heaviest])


_METHODS: Mapping[Rollup, Callable[[Weighted], float]] = MappingProxyType(
    {Rollup.MEAN: _mean, Rollup.WORST: _worst, Rollup.BEST: _best, Rollup.MOST_FREQUENT: _most_frequent}
)
