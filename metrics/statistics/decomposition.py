"""Exact additive parts of a change: who counted (mix) and what each did (rate)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import fsum
from typing import TypeVar

Segment = TypeVar("Segment", bound=Hashable)


@dataclass(frozen=True)
class Effect:
    """What one segment adds to the change of the whole; the whole is the sum of all of them.

    `mix`: its weight changed, times how far it stands from the whole. `rate`: its own value changed, times its
    weight.
    """

    mix: float
    rate: float


def mix_and_rate(
    before: Mapping[Segment, tuple[float, float]], after: Mapping[Segment, tuple[float, float]]
) -> dict[Segment, Effect] | None:
    """Split the change of sum(n) / sum(d) into mix and rate by segment: (n, d) each, exact to rounding.

    With w a segment's share of the denominator, r its own ratio and R the whole's, each averaged over both
    periods: rate = w * (r1 - r0), mix = (r - R) * (w1 - w0). This is the symmetric split (Kitagawa 1955;
    Marshall 1923 for sums) with the whole subtracted, which leaves the sum as it is since shares add up to 1.
    A segment that is new or gone has no rate of its own then: its whole effect is mix.

    None where a whole has no denominator, or where a denominator is negative and so no weight.
    """
    whole0, whole1 = _whole(before.values()), _whole(after.values())
    if whole0 is None or whole1 is None:
        return None
    middle = (whole0[0] / whole0[1] + whole1[0] / whole1[1]) / 2
    effects: dict[Segment, Effect] = {}
    for segment in dict.fromkeys((*before, *after)):
        n0, d0 = before.get(segment, (0.0, 0.0))
        n1, d1 = after.get(segment, (0.0, 0.0))
        w0, w1 = d0 / whole0[1], d1 / whole1[1]
        if d0 == 0 or d1 == 0:
            # n / D of a segment without weight is what its rows add all the same.
            total = n1 / whole1[1] - n0 / whole0[1]
            effects[segment] = Effect(total - middle * (w1 - w0), 0.0)
            continue
        r0, r1 = n0 / d0, n1 / d1
        effects[segment] = Effect(((r0 + r1) / 2 - middle) * (w1 - w0), (w0 + w1) / 2 * (r1 - r0))
    return effects


def _whole(parts: Iterable[tuple[float, float]]) -> tuple[float, float] | None:
    pairs = list(parts)
    if any(d < 0 for _, d in pairs):
        return None
    n, d = fsum(n for n, _ in pairs), fsum(d for _, d in pairs)
    return (n, d) if d else None
