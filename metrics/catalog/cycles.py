"""Circles among things that depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def find_cycles(items: Iterable[T], following: Callable[[T], Iterable[T]]) -> Iterator[tuple[T, ...]]:
    """Yield each circle once, as its items in order from the least; no item is in two of them."""
    done: set[T] = set()
    for start in items:
        trail: list[T] = []
        at: dict[T, int] = {}
        waiting: list[tuple[T, Iterator[T]]] = [] if start in done else [(start, iter(following(start)))]
        if waiting:
            at[start] = 0
            trail.append(start)
        while waiting:
            item, rest = waiting[-1]
            for each in rest:
                if each in at:
                    circle = trail[at[each] :]
                    if not done.intersection(circle):
                        yield _from_least(circle)
                        done.update(circle)
                elif each not in done:
                    at[each] = len(trail)
                    trail.append(each)
                    waiting.append((each, iter(following(each))))
                    break
            else:
                waiting.pop()
                trail.pop()
                del at[item]
                done.add(item)


def _from_least(circle: list[T]) -> tuple[T, ...]:
    least = min(range(len(circle)), key=lambda index: str(circle[index]))
    return (*circle[least:], *circle[:least])
