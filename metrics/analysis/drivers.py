"""Why a number moved: by segment into mix and rate, and by cause into definition, software, data, reality.

Both splits are additive and exact. The causes come from the versions that the store holds: what was first
published of the earlier period, every later version of it, and the later period as it is known now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, isclose

from metrics.analysis.change import Change, change
from metrics.catalog.catalog import Catalog
from metrics.catalog.metric import Metric
from metrics.grain import Period
from metrics.observation import PUBLISHED, Dimensions, Observation
from metrics.statistics.comparison import benjamini_hochberg
from metrics.statistics.decomposition import Effect, mix_and_rate


@dataclass(frozen=True)
class Causes:
    """The parts of `now - first_published`, in the metric's unit; they add up to it.

    `definition`, `software` and `restated` are what changed of the earlier period after it was first
    published: by versions under another definition, by another version of the code, and by later data.
    `reality` is the later period less the earlier one, both as they are known now. Data that came in the same
    refresh as a new definition count as definition.
    """

    first_published: float
    definition: float
    software: float
    restated: float
    reality: float


@dataclass(frozen=True)
class Moved:
    """One segment: its value, what it was, the change with its adjusted p, and what it adds to the whole's.

    A segment that is new or gone has one value alone and no change of its own. `effect` is None where the
    segments' numerators and denominators do not add up to the whole.
    """

    dimensions: Dimensions
    value: float | None
    previous: float | None
    change: Change | None
    adjusted_p: float | None
    effect: Effect | None


def causes(versions: Sequence[Observation], now: Observation) -> Causes | None:
    """Return why a value is another than the one that was first published, or None without one.

    `versions` are all of the earlier period, the oldest first; `now` is the later period's, or its own last.
    """
    published = [one for one in versions if one.state in PUBLISHED and one.value is not None]
    if not published or now.value is None:
        return None
    steps: dict[str, list[float]] = {"definition": [], "software": [], "restated": []}
    for before, after in pairwise(published):
        assert before.value is not None
        assert after.value is not None
        steps[_cause(before, after)].append(after.value - before.value)
    first, last = published[0].value, published[-1].value
    assert first is not None
    assert last is not None
    return Causes(
        first_published=first,
        definition=fsum(steps["definition"]),
        software=fsum(steps["software"]),
        restated=fsum(steps["restated"]),
        reality=now.value - last,
    )


def _cause(before: Observation, after: Observation) -> str:
    if before.definition_hash != after.definition_hash:
        return "definition"
    return "software" if before.code_version != after.code_version else "restated"


def segments(
    metric: Metric, catalog: Catalog, observations: Iterable[Observation], now: Period, before: Period
) -> tuple[Moved, ...]:
    """Return how each segment of one cut moved, the greatest effect first; the p are adjusted together.

    `observations` are the cut's and the total's, of all periods. Benjamini & Hochberg (1995) adjusts the p.
    """
    series: dict[Dimensions, list[Observation]] = {}
    for one in observations:
        series.setdefault(one.dimensions, []).append(one)
    at = {
        segment: {one.period: one for one in each if one.state in PUBLISHED}
        for segment, each in series.items()
    }
    changed = {
        segment: change(metric, catalog, held[now], held[before], series[segment])
        for segment, held in at.items()
        if segment and now in held and before in held
    }
    p_values = {segment: found.p for segment, found in changed.items() if found and found.p is not None}
    adjusted = dict(zip(p_values, benjamini_hochberg(list(p_values.values())), strict=True))
    effects = _effects(at, now, before)
    moved = [
        Moved(segment, _value(held.get(now)), _value(held.get(before)), changed.get(segment),
              adjusted.get(segment), effects.get(segment))
        for segment, held in at.items()
        if segment and (now in held or before in held)
    ]  # fmt: skip
    return tuple(sorted(moved, key=lambda one: (-_size(one), one.dimensions)))


def _value(found: Observation | None) -> float | None:
    return None if found is None else found.value


def _size(moved: Moved) -> float:
    if moved.effect is not None:
        return abs(moved.effect.mix + moved.effect.rate)
    return abs(moved.change.difference) if moved.change else 0.0


def _effects(
    at: Mapping[Dimensions, Mapping[Period, Observation]], now: Period, before: Period
) -> Mapping[Dimensions, Effect]:
    """Return mix and rate by segment; nothing where the segments are not the whole."""
    sides = []
    for period in (before, now):
        total = at.get((), {}).get(period)
        whole = _parts(total) if total is not None and total.value is not None else None
        found = {segment: parts for segment, held in at.items()
                 if segment and (parts := _parts(held.get(period))) is not None}  # fmt: skip
        if whole is None or not all(
            isclose(fsum(parts[side] for parts in found.values()), whole[side], rel_tol=1e-9, abs_tol=1e-9)
            for side in (0, 1)
        ):
            return {}
        sides.append(found)
    return mix_and_rate(*sides) or {}


def _parts(found: Observation | None) -> tuple[float, float] | None:
    """Return numerator and denominator where they make the value; what has no value adds its parts all the same.

    Spend on a channel that brought nobody, or that belongs to no channel, has no value and moves the whole.
    """
    if found is None or found.numerator is None or found.denominator is None:
        return None
    parts = found.numerator, found.denominator
    if found.value is None:
        return parts
    fits = found.denominator != 0 and isclose(parts[0] / parts[1], found.value, rel_tol=1e-9, abs_tol=1e-12)
    return parts if fits else None
