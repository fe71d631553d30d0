"""Read 10,000 spoiled definition files, and check each one's whole project: what is refused, and how fast.

`python -m benchmarks.fuzz [count]`. Times are processor time of this process. The slowest are named with what
was done to them, so that `tests.soundness.mutations` makes them again.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from tests.soundness.mutations import Spoiled, checked, misplaced, read, spoiled

COUNT = 10_000
BOUND = 0.2
Result = TypeVar("Result")


def main() -> None:
    """Go through all of them and print what was found."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    # What is imported and cached once belongs to no file.
    for case in spoiled(20):
        checked(case)
    ends: Counter[str] = Counter()
    wrong: list[str] = []
    reading: list[tuple[float, Spoiled]] = []
    checking: list[tuple[float, Spoiled]] = []
    for case in spoiled(count):
        try:
            definitions, seconds = _timed(read, case)
            reading.append((seconds, case))
            found, seconds = _timed(checked, case)
            checking.append((seconds, case))
        except Exception as error:
            wrong.append(f"{case.number} ({', '.join(case.how)}): {type(error).__name__}: {error}")
            ends["tracebacks"] += 1
            continue
        wrong += [*misplaced(case, definitions.findings), *misplaced(case, found)]
        ends["refused" if any(each.level == "error" for each in found) else "read"] += 1
    print(f"{count:,} files: " + ", ".join(f"{number:,} {end}" for end, number in ends.most_common()))
    print(f"{len(wrong)} tracebacks or findings without a place in their file")
    for line in wrong[:20]:
        print(f"    {line}")
    _report("to read the file", reading)
    _report("to read and check its project", checking)


def _timed(do: Callable[[Spoiled], Result], case: Spoiled) -> tuple[Result, float]:
    started = time.process_time()
    result = do(case)
    return result, time.process_time() - started


def _report(what: str, times: list[tuple[float, Spoiled]]) -> None:
    ordered = sorted(times, key=lambda each: each[0])
    middle, most = ordered[len(ordered) // 2][0], ordered[-1][0]
    over = sum(seconds > BOUND for seconds, _ in ordered)
    print(
        f"{what}: median {middle * 1000:.1f} ms, most {most * 1000:.0f} ms; {over} over {BOUND * 1000:.0f} ms"
    )
    for seconds, case in ordered[-3:]:
        size = len(case.content)
        print(f"    {seconds * 1000:.0f} ms: case {case.number}, {size:,} bytes ({', '.join(case.how)})")


if __name__ == "__main__":
    main()
