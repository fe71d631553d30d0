"""Where values and periods stand on a chart, and the words along its sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.pages.svg import number, text


@dataclass(frozen=True)
class Frame:
    """Where values and periods stand on the drawing."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float
    count: int

    def x(self, index: float) -> float:
        """Return where the middle of a period stands."""
        step = (self.right - self.left) / max(self.count, 1)
        return self.left + step * (index + 0.5)

    def y(self, value: float) -> float:
        """Return where a value stands."""
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)

    def at(self, index: float, value: float) -> str:
        """Return both, as a path has them."""
        return f"{number(self.x(index))},{number(self.y(value))}"


def axis(frame: Frame, scale: Sequence[float], labels: Sequence[str]) -> Iterator[str]:
    """Yield a line and its words for each round value."""
    for tick, label in zip(scale, labels, strict=True):
        y = number(frame.y(tick))
        kind = "zero" if tick == 0 else "grid"
        yield f'<path class="{kind}" d="M{number(frame.left)} {y}H{number(frame.right)}"/>'
        yield text(frame.left - 8, frame.y(tick), label, "tick", "end")


def dates(frame: Frame, labels: Sequence[str]) -> Iterator[str]:
    """Yield the names of the periods, as many as there is room for."""
    longest = max(len(label) for label in labels)
    room = max(1, int((frame.right - frame.left) / (longest * 7.5 + 14)))
    every = -(-len(labels) // room)
    for index, label in enumerate(labels):
        # Counted from the end, so that the newest period always has its name.
        if (len(labels) - 1 - index) % every == 0:
            yield text(frame.x(index), frame.bottom + 20, label, "tick", "middle")
