"""The drawings that judge a fit: lines of what came and what was expected, and bars in pairs.

What came is filled or solid, what was expected hollow or dashed, so that grey paper tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from api.metric.fit import Group
from api.pages.axes import Frame, axis, dates
from api.pages.chart import ticks
from api.pages.svg import drawing, number, text
from scorecard.formatting import format_count


@dataclass(frozen=True)
class Line:
    """One line; `kind` is its class, None is a gap."""

    kind: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Since:
    """A place from which on something holds, with its words."""

    index: float
    words: str


def lines(
    drawn: Sequence[Line],
    labels: Sequence[str],
    *,
    name: str,
    title: str,
    description: str,
    width: int,
    height: int,
    since: Since | None = None,
    share: bool = False,
) -> Markup:
    """Return lines over stretches; `share` writes values as percent and leaves room for 100% alone."""
    levels = [value for line in drawn for value in line.values if value is not None]
    if not levels:
        return Markup("")
    low = min(levels) if share else min(0.0, *levels)
    scale = ticks(low, 1.0 if share else max(levels), most=5)
    words = [f"{tick:.0%}" if share else format_count(tick) for tick in scale]
    left = 16.0 + 7.2 * max(len(each) for each in words)
    # Half of the last label stands to the right of its stretch.
    right = width - 8.0 - 3.4 * len(labels[-1])
    frame = Frame(left, right, 22, height - 34, scale[0], scale[-1], len(labels))
    body = [
        *(_since(frame, since) if since else ()),
        *axis(frame, scale, words),
        *dates(frame, labels),
        *(f'<path class="{line.kind}" d="{path}"/>' for line in drawn for path in _paths(frame, line.values)),
    ]
    return drawing(body, name, title, description, width, height, "chart")


def pairs(groups: Sequence[Group], *, name: str, title: str, description: str, width: int,
          height: int) -> Markup:  # fmt: skip
    """Return a bar of what came beside one of what was expected, group by group."""
    levels = [each for one in groups for each in (one.observed, one.expected) if each is not None]
    if not levels or max(levels) <= 0:
        return Markup("")
    scale = ticks(0.0, max(levels), most=5)
    words = [format_count(tick) for tick in scale]
    left = 16.0 + 7.2 * max(len(each) for each in words)
    frame = Frame(left, width - 16, 22, height - 34, scale[0], scale[-1], len(groups))
    body = [*axis(frame, scale, words), *dates(frame, [one.repeats for one in groups])]
    for index, one in enumerate(groups):
        body += _bars(frame, index, one)
    return drawing(body, name, title, description, width, height, "chart")


def _bars(frame: Frame, index: int, group: Group) -> Iterator[str]:
    step = (frame.right - frame.left) / frame.count
    room = min(step * 0.38, 46.0)
    # A number needs room of its own beside its neighbour's.
    written = step * 0.5 > 34
    alone = group.expected is None
    for kind, value, side in (
        ("observed", group.observed, -0.5 if alone else -1.0),
        ("expected", group.expected, 0.0),
    ):
        if value is None:
            continue
        gap = 0.0 if alone else 1.0 if side == 0 else -1.0
        x, y = frame.x(index) + side * room + gap, frame.y(value)
        said = f"{group.repeats}: {format_count(value)} {kind}"
        yield (
            f'<rect class="{kind}" x="{number(x)}" y="{number(y)}" width="{number(room)}" '
            f'height="{number(max(frame.bottom - y, 0.5))}"><title>{escape(said)}</title></rect>'
        )
        if written:
            yield text(x + room / 2, y - 8, format_count(value), "tick", "middle")


def _since(frame: Frame, since: Since) -> Iterator[str]:
    x = frame.x(since.index)
    wide = number(max(frame.right - x, 0.0))
    yield (
        f'<rect class="unseen" x="{number(x)}" y="{number(frame.top)}" width="{wide}" '
        f'height="{number(frame.bottom - frame.top)}"/>'
    )
    yield f'<path class="since" d="M{number(x)} {number(frame.top)}V{number(frame.bottom)}"/>'
    # Words that would leave the drawing on the right stand left of the line.
    fits = x + 6.5 * len(since.words) + 6 < frame.right
    yield text(x if fits else frame.right, frame.top - 11, since.words, "tick", "start" if fits else "end")


def _paths(frame: Frame, values: Sequence[float | None]) -> Iterator[str]:
    path = ""
    for index, value in enumerate(values):
        if value is None:
            if path:
                yield path
            path = ""
            continue
        path += f"{'L' if path else 'M'}{frame.at(index, value)}"
    if path:
        yield path
