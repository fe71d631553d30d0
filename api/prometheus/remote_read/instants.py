"""Which instants a query is answered at.

Prometheus asks for raw samples and then looks, for each instant that it evaluates, at the newest sample of
the 5 minutes before it. A figure changes a few times a year, so a sample every 5 minutes would be a waste:
the hints tell which instants will be evaluated, and each gets one sample within its look-back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from api.prometheus.remote_read.wire import Asked
from metrics.analysis.vintages import Instants

LOOKBACK = 300_000
DAY = 86_400_000
_FAR = 1 << 60
"""Who wants all of time asks from the least to the greatest number; what is added here must not leave them."""
MOST = 50_000
"""The most samples of one series; Prometheus itself allows 11,000 steps."""
MOST_AT_ONCE = 10_000_000
"""The most samples of one request, all series of all of its queries: half a gigabyte of memory."""


@dataclass(frozen=True)
class Sampling:
    """Where the samples stand, and for which instants they are valued, both in milliseconds."""

    stamps: Instants
    valued_at: Instants


class TooMany(ValueError):
    """The query asks for more samples than are answered at once."""


class Budget:
    """How many samples one request may still ask for."""

    def __init__(self, most: int | None = MOST_AT_ONCE) -> None:
        self._most = most
        self.spent = 0

    def spend(self, series: int, sampling: Sampling) -> None:
        """Count series before they are valued; raise TooMany once a request asks for more than the most."""
        self.spent += series * len(sampling.stamps)
        if self._most is not None and self.spent > self._most:
            raise TooMany(
                f"the request asks for more than {self._most:,} samples: name the family, fix grain, by and "
                "segment, or take a longer step"
            )


def sampling(asked: Asked) -> Sampling:
    """Return the samples that answer a query; raise TooMany.

    - A range selector (`[90d]`) gets a sample a day, a shorter range two in its length.
    - An instant gets one just inside its look-back, however long that is.
    - The instants of a range query lie `step` apart, the first one look-back after the start: each gets one
      just inside its look-back. Subqueries evaluate at multiples of their step instead, so that these get
      one as well.
    """
    if asked.end < asked.start or asked.start > _FAR or asked.end < -_FAR:
        nothing = np.empty(0, dtype=np.int64)
        return Sampling(nothing, nothing)
    asked = replace(
        asked, start=max(asked.start, -_FAR), end=min(asked.end, _FAR),
        step=min(asked.step, _FAR), range=min(asked.range, _FAR),
    )  # fmt: skip
    if asked.range > 0:
        spacing = DAY if asked.range >= DAY else max(asked.range // 2, 1_000)
        return _own(_multiples(asked.start, asked.end, spacing))
    if asked.step <= 0 or asked.start + LOOKBACK >= asked.end:
        at_end = np.array([asked.end], dtype=np.int64)
        return Sampling(np.minimum(asked.start + 1, at_end), at_end)
    evaluated = _line(asked.start + LOOKBACK, asked.end, asked.step)
    if asked.step < LOOKBACK:
        return _own(evaluated)
    aligned = _multiples(asked.start, asked.end, asked.step)
    # Never both at one instant: a subquery would see what is evaluated later.
    inside = 2 if (int(evaluated[0]) - LOOKBACK + 1) % asked.step == 0 else 1
    stamps = np.concatenate([evaluated - LOOKBACK + inside, aligned])
    valued_at = np.concatenate([evaluated, aligned])
    order = np.argsort(stamps)
    return Sampling(stamps[order], valued_at[order])


def _own(stamps: Instants) -> Sampling:
    return Sampling(stamps, stamps)


def _multiples(start: int, end: int, spacing: int) -> Instants:
    return _line(-(-start // spacing) * spacing, end, spacing)


def _line(start: int, end: int, spacing: int) -> Instants:
    if (end - start) // spacing > MOST:
        raise TooMany(f"the query asks for more than {MOST:,} samples a series: take a longer step")
    return np.arange(start, end + 1, spacing, dtype=np.int64)
