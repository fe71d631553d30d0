"""Score values on the goal and red-flag scale, and roll scores up: pure arithmetic.

A value at its red flag stands at 1/3 of the scale, at its goal at 2/3. docs/scoring.md says it in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from metrics.catalog.metric import Direction
from metrics.statistics.intervals import Floats
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


RANKED = (Status.RED, Status.AMBER, Status.GREEN)
"""The statuses that stand for a score, the worst first."""


@dataclass(frozen=True)
class Style:
    """How a status looks: its word, a shape that is told apart without colour, colour and CSS class.

    `hollow` is the shape of one that could be another.
    """

    word: str
    glyph: str
    colour: str
    css: str
    hollow: str | None = None

    def shape(self, *, certain: bool) -> str:
        """Return the shape, hollow where the status could be another."""
        return self.glyph if certain or self.hollow is None else self.hollow


STATUS_STYLE: Mapping[Status, Style] = MappingProxyType(
    {
        Status.GREEN: Style("On target", "●", "green", "status-green", "◎"),
        Status.AMBER: Style("Watch", "▲", "amber", "status-amber", "△"),
        Status.RED: Style("Red flag", "◆", "red", "status-red", "◇"),
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
    return float(scale_scores(np.array([value]), direction, goal, red_flag, clip=clip)[0])


def scale_scores(
    values: Floats, direction: Direction, goal: Level, red_flag: Level | None = None, *, clip: bool = True
) -> Floats:
    """Return where each of several values stands on one scale, as `scale_score` says."""
    problem = level_problem(direction, goal, red_flag)
    if problem:
        raise ValueError(problem)
    if isinstance(goal, tuple):
        scores = _band_scores(values, goal, red_flag)
    else:
        scores = _line_scores(values, direction, goal, red_flag)
    scores = _snap(scores)
    return np.clip(scores, 0.0, 1.0) if clip else scores


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


def _line_scores(values: Floats, direction: Direction, goal: Level, red_flag: Level | None) -> Floats:
    assert not isinstance(goal, tuple)
    assert not isinstance(red_flag, tuple)
    if red_flag is None:
        met = values >= goal if direction is Direction.UP else values <= goal
        return met.astype(np.float64)
    return (1 + (values - red_flag) / (goal - red_flag)) / 3


def _band_scores(values: Floats, goal: tuple[float, float], red_flag: Level | None) -> Floats:
    low, high = goal
    inside = (low <= values) & (values <= high)
    if red_flag is None:
        return inside.astype(np.float64)
    assert isinstance(red_flag, tuple)
    from_edge = np.minimum(values - low, high - values) / ((high - low) / 2)
    edge, flag = np.where(values < low, low, high), np.where(values < low, red_flag[0], red_flag[1])
    return np.where(inside, (2 + from_edge) / 3, (1 + (values - flag) / (edge - flag)) / 3)


def _snap(scores: Floats) -> Floats:
    """Return the bound itself for a score within rounding of it: 0.1 + 0.2 meets a goal of 0.3."""
    for bound in (RED_FLAG_AT, GOAL_AT):
        scores = np.where(np.abs(scores - bound) < _SAME, bound, scores)
    return scores


def _places(scores: Floats) -> NDArray[np.int_]:
    """Return the place of each score's status among `RANKED`."""
    return np.searchsorted((RED_FLAG_AT, GOAL_AT), _snap(scores), side="right")


def status_of(score: float) -> Status:
    """Return the status of a score of 0..1; a bound belongs to the better side."""
    return RANKED[int(_places(np.array([score]))[0])]


@dataclass(frozen=True)
class Child:
    """What one child brings to a roll-up: its weight, its score (0..100 or None) and its coverages.

    `draws` are what the score might be as well, None where it is fixed.
    """

    weight: float
    score: float | None
    status: Status
    coverage: float
    provisional_coverage: float = 0.0
    draws: Floats | None = None


@dataclass(frozen=True)
class RolledUp:
    """A score of 0..100 or None, why, how much of the weight is behind it, and each child's share.

    `weights` are percentages of the whole; None for a child that does not count. `draws` are the score for each
    of the children's draws, None where all that count are fixed.
    """

    score: float | None
    status: Status
    coverage: float
    provisional_coverage: float
    weights: tuple[float | None, ...]
    draws: Floats | None = None


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
    score, draws = _rolled(children, counted, method)
    return RolledUp(
        score=score,
        status=status_of(score / 100) if score is not None else _reason(children),
        coverage=_share(children, lambda child: child.coverage),
        provisional_coverage=_share(children, lambda child: child.provisional_coverage),
        weights=effective_weights(
            tuple(child.weight for child in children), tuple(score is not None for score in counted)
        ),
        draws=draws,
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


def _rolled(
    children: Sequence[Child], counted: Sequence[float | None], method: Rollup
) -> tuple[float | None, Floats | None]:
    """Roll the scores that count up, and with them, as further columns, their draws."""
    present = [(child, score) for child, score in zip(children, counted, strict=True) if score is not None]
    if not fsum(child.weight for child, _ in present) > 0:
        return None, None
    drawn = next((child.draws for child, _ in present if child.draws is not None), np.empty(0))
    scores = np.empty((len(present), 1 + len(drawn)))
    for row, (child, score) in zip(scores, present, strict=True):
        row[0], row[1:] = score, score if child.draws is None else child.draws
    rolled = _METHODS[method](np.array([[child.weight] for child, _ in present]), scores)
    return float(rolled[0]), rolled[1:] if len(drawn) else None


def _mean(weights: Floats, scores: Floats) -> Floats:
    mean: Floats = (weights * scores).sum(axis=0) / weights.sum(axis=0)
    # Rounding must not carry a mean outside what it is the mean of.
    return mean.clip(_worst(weights, scores), _best(weights, scores))


def _worst(weights: Floats, scores: Floats) -> Floats:
    worst: Floats = scores.min(axis=0)
    return worst


def _best(weights: Floats, scores: Floats) -> Floats:
    best: Floats = scores.max(axis=0)
    return best


def _most_frequent(weights: Floats, scores: Floats) -> Floats:
    """Return the mean of the children whose status bears the most weight; a tie goes to the worse."""
    places = _places(scores / 100)
    borne = np.stack([(weights * (places == place)).sum(axis=0) for place in range(len(RANKED))])
    return _mean(weights * (places == borne.argmax(axis=0)), scores)


_METHODS: Mapping[Rollup, Callable[[Floats, Floats], Floats]] = MappingProxyType(
    {Rollup.MEAN: _mean, Rollup.WORST: _worst, Rollup.BEST: _best, Rollup.MOST_FREQUENT: _most_frequent}
)
