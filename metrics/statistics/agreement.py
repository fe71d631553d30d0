"""Agreement of two yes-or-no judgements, beyond what chance alone would give."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from metrics.statistics.intervals import Interval, Z


@dataclass(frozen=True)
class Agreement:
    """Four counts: both say yes, only the first does, only the second does, neither does."""

    both: int
    first: int
    second: int
    neither: int

    @property
    def n(self) -> int:
        """Return how many were judged."""
        return self.both + self.first + self.second + self.neither

    @property
    def agreed(self) -> int:
        """Return how many both judged alike."""
        return self.both + self.neither

    def kappa(self) -> float | None:
        """Return (p_o - p_e) / (1 - p_e), or None where both give everybody one and the same answer.

        Cohen (1960): p_o is the share judged alike, p_e what independent judges with the same totals would share.
        """
        expected = self._expected()
        if expected is None or expected == 1:
            return None
        return (self.agreed / self.n - expected) / (1 - expected)

    def interval(self) -> Interval | None:
        """Return the normal interval of kappa, clipped to [-1, 1]; None where there is no kappa.

        The variance is Fleiss, Cohen & Everitt's (1969), which does not take kappa to be 0.
        """
        kappa, expected = self.kappa(), self._expected()
        if kappa is None or expected is None:
            return None
        n = self.n
        cells = ((self.both / n, self.first / n), (self.second / n, self.neither / n))
        rows = [sum(row) for row in cells]
        columns = [cells[0][at] + cells[1][at] for at in (0, 1)]
        alike = sum(cells[at][at] * (1 - (rows[at] + columns[at]) * (1 - kappa)) ** 2 for at in (0, 1))
        apart = sum(cells[at][1 - at] * (columns[at] + rows[1 - at]) ** 2 for at in (0, 1))
        spread = alike + (1 - kappa) ** 2 * apart - (kappa - expected * (1 - kappa)) ** 2
        # Rounding can leave a variance of nothing slightly below zero.
        error = sqrt(max(0.0, spread) / n) / (1 - expected)
        return Interval(max(-1.0, kappa - Z * error), min(1.0, kappa + Z * error))

    def _expected(self) -> float | None:
        n = self.n
        if n == 0:
            return None
        first, second = self.both + self.first, self.both + self.second
        return (first * second + (n - first) * (n - second)) / n**2
