"""How sure a status and a score are: what the intervals of the figures behind them imply.

docs/scoring.md says it in words. The draws of one report are fixed by its scorecard and period, so that the same
figures give the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from metrics.statistics.intervals import Floats, Z, percentile_interval
from scorecard.report_model import IndicatorReport
from scorecard.score import RANKED, RolledUp, Status, scale_scores, status_of

DRAWS = 4_000


@dataclass(frozen=True)
class Certainty:
    """Between what a score of 0..100 lies, and what its status could be as well, the nearest first.

    The bounds are None where there is no score.
    """

    lower: float | None
    upper: float | None
    certain: bool | None
    could_be: tuple[Status, ...]


def with_certainty(indicator: IndicatorReport) -> IndicatorReport:
    """Return an indicator that says whether its interval lies within its status, and what it could be too.

    A figure without an interval is certain. What is scored as the least that it can be may be anything worse.
    """
    if indicator.score is None:
        return indicator
    lowest, highest = _reach(indicator)
    others = _others(indicator.status, lowest, highest)
    return replace(indicator, status_certain=not others, could_be=others)


def of_rolled(rolled: RolledUp) -> Certainty:
    """Return between what a rolled-up score lies with 95%, and what its status could be too.

    The score itself always lies within: at an end of a scale, and where the worst or the best counts, all draws
    may lie to one side of it.
    """
    if rolled.score is None:
        return Certainty(None, None, None, ())
    drawn = None if rolled.draws is None else percentile_interval(rolled.draws)
    lower = rolled.score if drawn is None else min(drawn.lower, rolled.score)
    upper = rolled.score if drawn is None else max(drawn.upper, rolled.score)
    others = _others(rolled.status, lower / 100, upper / 100)
    return Certainty(lower, upper, not others, others)


def draw_scores(indicators: Iterable[IndicatorReport], seed: str) -> Mapping[str, Floats]:
    """Return by metric what scores of 0..100 its interval implies; nothing of what is fixed.

    A metric under two objectives is one figure, drawn once. Every metric has draws of its own, whatever
    others stand beside it.
    """
    once = {one.metric: one for one in indicators if one.score is not None}
    drawn = {name: _draw(one, f"{seed}/{name}") for name, one in once.items()}
    return {name: scores for name, scores in drawn.items() if scores is not None}


def _draw(indicator: IndicatorReport, seed: str) -> Floats | None:
    """Draw values from half a normal on either side of the value, and score them."""
    scored, target = indicator.scored, indicator.target
    if target is None or scored is None or scored.value is None:
        return None
    if scored.lower is None or scored.upper is None:
        return None
    number = int.from_bytes(sha256(seed.encode()).digest()[:8], "big")
    normal = np.random.default_rng(number).standard_normal(DRAWS)
    below, above = max(0.0, scored.value - scored.lower), max(0.0, scored.upper - scored.value)
    values = scored.value + normal / Z * np.where(normal < 0, below, above)
    return 100 * scale_scores(values, indicator.direction, target.goal, target.red_flag)


def _reach(indicator: IndicatorReport) -> tuple[float, float]:
    """Return the least and the greatest score within an indicator's interval."""
    scored, target, score = indicator.scored, indicator.target, indicator.score
    assert score is not None
    if indicator.scored_as is not None:
        return 0.0, score
    if target is None or scored is None or scored.lower is None or scored.upper is None:
        return score, score
    ends = [scored.lower, scored.upper]
    if isinstance(target.goal, tuple):
        # A scale that falls on either side has its best between the ends.
        ends.append(min(max(sum(target.goal) / 2, scored.lower), scored.upper))
    scores = scale_scores(np.array(ends), indicator.direction, target.goal, target.red_flag)
    return min(score, float(scores.min())), max(score, float(scores.max()))


def _others(status: Status, lowest: float, highest: float) -> tuple[Status, ...]:
    """Return the statuses from the lowest to the highest score but the own one, the nearest first."""
    first, own, last = (RANKED.index(one) for one in (status_of(lowest), status, status_of(highest)))
    places = [place for place in range(first, last + 1) if place != own]
    return tuple(RANKED[place] for place in sorted(places, key=lambda place: (abs(place - own), -place)))
