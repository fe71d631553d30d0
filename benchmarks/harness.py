"""Run two things in turn and compare them pair by pair."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """Seconds of each round of both sides, the warm-up left out."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the median of ours / theirs over the rounds."""
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True))


def compare_work(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 9
) -> Comparison:
    """Compare as `compare` does, by the seconds of the processor that this process took."""
    return compare(name, ours, theirs, rounds, time.process_time)


def compare(
    name: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    rounds: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> Comparison:
    """Time both sides in turn, print one line, and return the seconds."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for side, run in zip(times, (ours, theirs), strict=True):
            started = clock()
            run()
            if number:
                side.append(clock() - started)
    found = Comparison(tuple(times[0]), tuple(times[1]))
    print(f"{name}: ours {_row(found.ours)}, theirs {_row(found.theirs)}, ratio {found.ratio:.2f}")
    return found


def _row(seconds: tuple[float, ...]) -> str:
    return f"{statistics.median(seconds):.3f} s ({min(seconds):.3f}-{max(seconds):.3f})"
