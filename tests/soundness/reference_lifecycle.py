"""What net shares, retention and win-back mean, in plain Python and as slowly as it likes.

Written from the published semantics alone and importing nothing of the product, as `reference` is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from tests.soundness.reference import Cell, Frame, Result, Row, Span, Z, latest, segment_of, stretch

# -- net share --------------------------------------------------------------------------------------


def net_share(frame: Frame, rows: Sequence[Row], positive: Callable[[Row], bool], negative: Callable[[Row], bool],
              *, of: Callable[[Row], bool] = lambda row: True, latest_by: str | None = None,
              within: str = "period", over: str | Span = "period") -> dict[Cell, Result]:  # fmt: skip
    """Subtract the share of the negative from that of the positive; every row says 1, 0 or -1."""
    valid = [row for row in rows if row["t"] is not None and of(row)]
    if latest_by is not None and within == "all":
        valid = latest(valid, latest_by, lambda row: None)
    found: dict[Cell, Result] = {}
    for grain in frame.grains:
        for start, end in frame.periods(grain):
            mine = valid
            if start is not None and end is not None:
                begin, until = stretch(frame, start, end, over)
                mine = [row for row in valid if begin <= frame.calendar.day(row["t"]) < until]
            if latest_by is not None and within == "period":
                mine = latest(mine, latest_by, lambda row: None)
            for cut in frame.cuts:
                for segment in {segment_of(row, cut) for row in mine} | ({()} if not cut else set()):
                    says = [positive(row) - negative(row) for row in mine if segment_of(row, cut) == segment]
                    n, total = len(says), sum(says)
                    state = "no_data" if not n else "provisional" if not frame.final(end) else "final"
                    if state == "final" and n < frame.min_sample:
                        state = "small_sample"
                    value = Fraction(total, n) if n else None
                    interval = _net_interval(says) if n else None
                    found[grain, start, segment] = Result(value, total, n, state, interval=interval)
    return found


def _net_interval(says: Sequence[int]) -> tuple[float, float]:
    mean = Fraction(sum(says), len(says))
    variance = sum((each - mean) ** 2 for each in says) / len(says)
    reach = Z * math.sqrt(variance / len(says))
    return max(-1.0, float(mean) - reach), min(1.0, float(mean) + reach)
