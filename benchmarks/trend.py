"""How often a level is called out of the ordinary: series without a change, and with a lasting doubling.

`python -m benchmarks.trend [series]`: for each shape and grain the share of false alarms by how many periods are known,
and how often a doubling under 20% multiplicative noise after 24 periods is called at once and within three. The
season begins anywhere in its cycle. Every figure is the mean of three seeds, with the least and the greatest of them.
Beside a doubling stands the bound: how often a test calls it that is told the shape of the season and where it begins,
and has only its size, the line and the noise to find out; and how often one that is also told when the step began.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import log

import numpy as np
from scipy.special import stdtr

from metrics.statistics.intervals import Floats
from metrics.statistics.trend import Level, expected

NOISE, KNOWN, SEEDS = 0.2, 24, (1, 2, 3)
CYCLES = {"month": 12, "quarter": 4}
Shape = Callable[[Floats, int], Floats]
SEASONS: dict[str, tuple[Shape, ...]] = {
    "wave": (
        lambda at, cycle: np.sin(2 * np.pi * at / cycle),
        lambda at, cycle: np.cos(2 * np.pi * at / cycle),
    ),
    "80% above": (lambda at, cycle: np.where(at % cycle == 0, 1.0, 0.0),),
}
"""The columns that a test has to fit which knows the shape."""
SHAPES: dict[str, Shape] = {
    "flat": lambda at, cycle: 0 * at,
    "trending, 3% a period": lambda at, cycle: 0.03 * at,
    "trending and seasonal, a wave of 30%": lambda at, cycle: (
        0.03 * at + 0.3 * np.sin(2 * np.pi * at / cycle)
    ),
    "seasonal, one period 80% above": lambda at, cycle: np.where(at % cycle == 0, 0.6, 0.0),
    "a random walk of 20% steps": lambda at, cycle: 0 * at,
}


def drawn(draw: np.random.Generator, shape: str, cycle: int, periods: int) -> Floats:
    """Return a series of one shape without a step, as logarithms."""
    noise = NOISE * draw.standard_normal(periods)
    if "walk" in shape:
        return np.cumsum(noise)
    at = np.arange(periods, dtype=np.float64) + draw.integers(cycle)
    return SHAPES[shape](at, cycle) + noise


def called(series: Floats, period: int, cycle: int) -> bool:
    """Tell whether a period is called out of the ordinary by those before it."""
    values = np.exp(series)
    found = expected(list(values[:period]), float(values[period]), cycle)
    return found is not None and found.level is Level.OUT_OF_THE_ORDINARY


def false_alarms(seed: int, shape: str, cycle: int, periods: int, number: int) -> float:
    """Return the share of series without a step whose next period is called."""
    draw = np.random.default_rng(seed)
    every = (drawn(draw, shape, cycle, periods + 1) for _ in range(number))
    return float(np.mean([called(series, periods, cycle) for series in every]))


def doubling(seed: int, shape: str, cycle: int, number: int) -> tuple[float, float]:
    """Return how often a lasting doubling is called in its first period, and within its first three."""
    draw, first, soon = np.random.default_rng(seed), 0, 0
    for _ in range(number):
        series = drawn(draw, shape, cycle, KNOWN + 3)
        series[KNOWN:] += log(2)
        at_once = called(series, KNOWN, cycle)
        first += at_once
        soon += at_once or any(called(series, KNOWN + later, cycle) for later in (1, 2))
    return first / number, soon / number


def bound(seed: int, shape: str, cycle: int, number: int) -> tuple[float, float, float]:
    """Return how often tests that know the shape call a doubling at once, within three, and told when it began."""
    draw, season = np.random.default_rng(seed), [one for key, one in SEASONS.items() if key in shape]
    first = soon = told = 0
    for _ in range(number):
        begin = draw.integers(cycle)
        noise = NOISE * draw.standard_normal(KNOWN + 3) + log(2) * (np.arange(KNOWN + 3) >= KNOWN)
        columns = [column for each in season for column in each]
        found = {False: [False] * 3, True: [False] * 3}
        for later, begun in ((later, begun) for later in range(3) for begun in found):
            at = np.arange(KNOWN + later + 1, dtype=np.float64)
            step = (at >= (KNOWN if begun else KNOWN + later)) * 1.0
            design = [at * 0 + 1, at, *(column(at + begin, cycle) for column in columns), step]
            found[begun][later] = _stands_out(np.column_stack(design), noise[: len(at)])
        first, soon, told = first + found[False][0], soon + any(found[False]), told + any(found[True])
    return first / number, soon / number, told / number


def _stands_out(design: Floats, values: Floats) -> bool:
    """Tell whether the last effect of ordinary least squares is not 0, at 5%."""
    solved = np.linalg.pinv(design)
    effects, freedom = solved @ values, design.shape[0] - design.shape[1]
    variance = float(((values - design @ effects) ** 2).sum()) / freedom * float((solved[-1] ** 2).sum())
    return 2 * float(stdtr(freedom, -abs(effects[-1]) / variance**0.5)) < 0.05


def _row(name: str, found: list[float]) -> str:
    return f"{name} {np.mean(found):.1%} ({min(found):.1%} to {max(found):.1%})"


def main(number: int) -> None:
    for grain, cycle in CYCLES.items():
        for shape in SHAPES:
            said = [
                _row(
                    f"{periods} known", [false_alarms(seed, shape, cycle, periods, number) for seed in SEEDS]
                )
                for periods in (12, KNOWN, 36)
            ]
            print(f"{grain}, {shape}: false alarms {', '.join(said)}")
            if "walk" in shape:
                continue
            pairs = [doubling(seed, shape, cycle, number) for seed in SEEDS]
            first, soon = ([pair[side] for pair in pairs] for side in (0, 1))
            print(f"    a doubling: {_row('at once', first)}, {_row('within three', soon)}", flush=True)
            most = [bound(seed, shape, cycle, number) for seed in SEEDS]
            names = ("at once", "within three", "told when it began")
            rows = [_row(name, [one[side] for one in most]) for side, name in enumerate(names)]
            print(f"    at most, knowing the shape: {', '.join(rows)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
