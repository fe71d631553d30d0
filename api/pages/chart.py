"""Charts as SVG text, drawn on the server from plain points: no script, no inline style, no outside file.

Colours and line styles are classes of the style sheet, so that dark mode and print change them. Every
chart has a title and a description; the table beside it holds the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from api.pages.axes import Frame, axis, dates
from api.pages.svg import drawing, number, text

_NOUGHT = 1e-12


@dataclass(frozen=True)
class Point:
    """One period of a series; `open` is provisional, `small` a small sample. None is a gap.

    No line leads to one that is `running`: so far is not to be set against a whole period.
    """

    label: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    open: bool = False
    small: bool = False
    running: bool = False
    goal: float | None = None
    red_flag: float | None = None
    words: str = ""


@dataclass(frozen=True)
class Turn:
    """Where on the chart something begins to be counted otherwise: the period's number and the share of it before."""

    at: float
    words: str


def ticks(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Return round values that cover [low, high]: at most `most` + 1 steps of 1, 2, 2.5 or 5 times 10^n."""
    size = max(abs(low), abs(high))
    if high - low <= 1e-9 * size:
        high = low + (size or 1.0)
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * part for part in (1, 2, 2.5, 5, 10) if power * part >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, 2 - math.floor(math.log10(step)))
    return tuple(round(index * step, digits) for index in range(first, last + 1))


def series(
    points: Sequence[Point],
    *,
    name: str,
    title: str,
    description: str,
    write: Callable[[float], str],
    width: int = 860,
    height: int = 320,
    turns: Sequence[Turn] = (),
) -> Markup:
    """Return a line chart with intervals, targets and axes; `write` turns a value into words, `turns` are marked.

    `name` makes the ids unique on the page. Open periods are hollow and joined by a dashed line; one that lies
    beyond the scale of what is final stands at its edge, with an arrow and its value.
    """
    levels = list(_known_levels(points))
    if not levels:
        return Markup("")
    scale = ticks(*_span(levels), most=5 if height < 300 else 6)
    told, points = points, _within(points, scale[0], scale[-1])
    labels = [write(tick) for tick in scale]
    left = 16.0 + 7.2 * max(len(label) for label in labels)
    right = width - (84.0 if any(p.goal is not None or p.red_flag is not None for p in points) else 16.0)
    frame = Frame(left, right, 14, height - 34, scale[0], scale[-1], len(points))
    body = [
        *axis(frame, scale, labels),
        *dates(frame, [point.label for point in points]),
        *_turns(frame, turns),
        *_bands(frame, points),
        *_targets(frame, points, write, width),
        *_lines(frame, points),
        *_marks(frame, points, radius=4.0),
        *_beyond(frame, told, points, write),
    ]
    return drawing(body, name, title, description, width, height, "chart")


def spark(points: Sequence[Point], *, name: str, title: str, width: int = 132, height: int = 40) -> Markup:
    """Return a word-sized trend: the line of final periods, hollow open ones, the goal dashed."""
    levels = list(_known_levels([replace(point, lower=None, upper=None, red_flag=None) for point in points]))
    if not levels:
        return Markup("")
    low, high = min(levels), max(levels)
    pad = max((high - low) * 0.1, abs(high) * 1e-6) or 1.0
    points = _within(points, low - pad, high + pad)
    frame = Frame(1, width - 1, 3, height - 3, low - pad, high + pad, len(points))
    goals = [(index, point.goal) for index, point in enumerate(points)]
    body = [
        *(f'<path class="goal" d="{path}"/>' for path in _steps(frame, goals)),
        *_lines(frame, points),
        *_marks(frame, _quiet(points), radius=3.0),
    ]
    return drawing(body, name, title, "", width, height, "spark")


def ring(score: float | None, words: str, *, name: str, title: str, status: str) -> Markup:
    """Return a ring filled to a score from 0 to 100 around its words; without a score it is empty, dashed."""
    track = '<circle class="track" cx="50" cy="50" r="42"/>'
    if score is None:
        body = [
            '<circle class="track none" cx="50" cy="50" r="42"/>',
            text(50, 50, words, "ring-value", "middle"),
        ]
    else:
        filled = min(max(score, 0.0), 100.0)
        body = [
            track,
            f'<circle class="fill {escape(status)}" cx="50" cy="50" r="42" pathLength="100" '
            f'stroke-dasharray="{number(filled)} 100" transform="rotate(-90 50 50)"/>',
            text(50, 50, words, "ring-value", "middle"),
        ]
    return drawing(body, name, title, "", 100, 100, "ring")


def scale(performance: float | None, *, name: str, title: str, status: str) -> Markup:
    """Return where a value stands between red flag (a third) and goal (two thirds) of its scale, 0 to 100."""
    body = [
        '<rect class="zone" x="0" y="5" width="132" height="6" rx="3"/>',
        '<path class="edge" d="M44 2V14M88 2V14"/>',
    ]
    if performance is not None:
        x = min(max(performance, 0.0), 100.0) / 100 * 132
        fill = f'class="fill {escape(status)}" x="0" y="5" width="{number(x)}" height="6" rx="3"'
        body.insert(1, f"<rect {fill}/>")
        knob = f'class="fill {escape(status)} knob" cx="{number(min(max(x, 5.0), 127.0))}" cy="8" r="5"'
        body.append(f"<circle {knob}/>")
    return drawing(body, name, title, "", 132, 16, "scale")


def _known_levels(points: Sequence[Point]) -> Iterator[float]:
    """Yield what sets the scale: what is final, and every target; open values only where nothing is final.

    A period that has only begun may say anything: it must not flatten what is known.
    """
    final = any(point.value is not None and not point.open for point in points)
    for point in points:
        values = () if final and point.open else (point.value, point.lower, point.upper)
        for value in (*values, point.goal, point.red_flag):
            if value is not None:
                yield value


def _within(points: Sequence[Point], low: float, high: float) -> list[Point]:
    """Return the points, open ones no further out than the ends of the scale."""

    def held(value: float | None) -> float | None:
        return None if value is None else min(max(value, low), high)

    return [
        replace(point, value=held(point.value), lower=held(point.lower), upper=held(point.upper))
        if point.open else point
        for point in points
    ]  # fmt: skip


def _beyond(
    frame: Frame, told: Sequence[Point], drawn: Sequence[Point], write: Callable[[float], str]
) -> Iterator[str]:
    """Yield the value of each point that stands at the edge instead of where it belongs."""
    for index, (point, shown) in enumerate(zip(told, drawn, strict=True)):
        if point.value is not None and shown.value is not None and point.value != shown.value:
            arrow = "\N{UPWARDS ARROW}" if point.value > shown.value else "\N{DOWNWARDS ARROW}"
            words = f"{write(point.value)} {arrow}"
            # To the side on which there is room: at the left stand the words of the axis.
            right = index < len(drawn) / 2
            x = frame.x(index) + (8 if right else -8)
            yield text(x, frame.y(shown.value) + 4, words, "tick", "start" if right else "end")


def _span(levels: Sequence[float]) -> tuple[float, float]:
    """Return the range to draw; it starts at 0 unless that would flatten the line."""
    # What is too small to be written is nought to the eye.
    low, high = (0.0 if abs(level) < _NOUGHT else level for level in (min(levels), max(levels)))
    if 0 <= low < 0.6 * high:
        low = 0.0
    if low < high <= 0 and high > 0.6 * low:
        high = 0.0
    pad = 0.0 if low == 0.0 else (high - low) * 0.05
    return low - pad, high + (high - low) * 0.03


def _turns(frame: Frame, turns: Sequence[Turn]) -> Iterator[str]:
    """Yield a line and its words for each day on which something is counted otherwise."""
    for number_of, turn in enumerate(turns):
        x, right = frame.x(turn.at - 0.5), turn.at > frame.count / 2
        yield f'<path class="turn" d="M{number(x)} {number(frame.top)}V{number(frame.bottom)}"/>'
        y = frame.top + 8 + 16 * number_of
        yield text(x + (-6 if right else 6), y, turn.words, "turn-name", "end" if right else "start")


def _bands(frame: Frame, points: Sequence[Point]) -> Iterator[str]:
    """Yield the intervals: a band over neighbouring final periods, a bar where a period stands alone."""
    for run in _runs(points, lambda p: p.lower is not None and p.upper is not None and not p.open):
        if len(run) == 1:
            yield _bar(frame, run[0], points[run[0]])
            continue
        upper = [frame.at(index, points[index].upper or 0.0) for index in run]
        lower = [frame.at(index, points[index].lower or 0.0) for index in reversed(run)]
        yield f'<polygon class="band" points="{" ".join([*upper, *lower])}"/>'
    for index, point in enumerate(points):
        if point.open and point.lower is not None and point.upper is not None:
            yield _bar(frame, index, point, " open")


def _bar(frame: Frame, index: int, point: Point, more: str = "") -> str:
    x, low, high = number(frame.x(index)), frame.y(point.lower or 0.0), frame.y(point.upper or 0.0)
    return f'<path class="bar{more}" d="M{x} {number(low)}V{number(high)}"/>'


def _targets(
    frame: Frame, points: Sequence[Point], write: Callable[[float], str], width: float
) -> Iterator[str]:
    drawn: list[float] = []
    for kind, word in (("goal", "Goal"), ("red_flag", "Red flag")):
        levels = [(index, getattr(point, kind)) for index, point in enumerate(points)]
        for path in _steps(frame, levels):
            yield f'<path class="{kind.replace("_", "-")}" d="{path}"/>'
        last = next((value for _, value in reversed(levels) if value is not None), None)
        if last is None:
            continue
        y = frame.y(last)
        if any(abs(y - other) < 28 for other in drawn):
            y = drawn[0] + (28 if y >= drawn[0] else -28)
        drawn.append(y)
        yield text(frame.right + 6, y - 7, word, f"mark {kind.replace('_', '-')}-name", "start")
        yield text(frame.right + 6, y + 7, write(last), f"mark {kind.replace('_', '-')}-name", "start")


def _steps(frame: Frame, levels: Sequence[tuple[int, float | None]]) -> Iterator[str]:
    """Yield paths that hold each level for its period and step between periods."""
    path = ""
    half = 0.5
    for index, value in levels:
        if value is None:
            if path:
                yield path
            path = ""
            continue
        start, end, y = number(frame.x(index - half)), number(frame.x(index + half)), number(frame.y(value))
        path += f"{'L' if path else 'M'}{start} {y}H{end}"
    if path:
        yield path


def _lines(frame: Frame, points: Sequence[Point]) -> Iterator[str]:
    """Yield the line through neighbouring periods: solid between final ones, dashed to and from open ones."""
    for kind, is_open in (("line", False), ("line open", True)):
        path, previous = "", None
        for index, point in enumerate(points):
            before = points[index - 1] if index else None
            if point.value is None or before is None or before.value is None:
                continue
            if point.running or before.running or (point.open or before.open) is not is_open:
                continue
            start = "" if previous == index - 1 else f"M{frame.at(index - 1, before.value)}"
            path += f"{start}L{frame.at(index, point.value)}"
            previous = index
        if path:
            yield f'<path class="{kind}" d="{path}"/>'


def _marks(frame: Frame, points: Sequence[Point | None], radius: float) -> Iterator[str]:
    for index, point in enumerate(points):
        if point is None or point.value is None:
            continue
        kind = "dot open" if point.open else "dot small" if point.small else "dot"
        words = f"<title>{escape(point.words)}</title>" if point.words else ""
        x, y = frame.x(index), frame.y(point.value)
        if point.small and not point.open:
            yield f'<path class="{kind}" d="{_diamond(x, y, radius)}">{words}</path>'
            continue
        place = f'cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"'
        yield f'<circle class="{kind}" {place}>{words}</circle>'


def _diamond(x: float, y: float, radius: float) -> str:
    """Return the path of a small sample's mark, which is told apart by its shape."""
    out, back = number(radius), number(-radius)
    return f"M{number(x)} {number(y - radius)}l{out} {out}l{back} {out}l{back} {back}z"


def _quiet(points: Sequence[Point]) -> list[Point | None]:
    """Return the points that a small chart marks: open ones, the last final one, and lone ones."""
    finals = [index for index, point in enumerate(points) if point.value is not None and not point.open]
    last = finals[-1] if finals else None
    return [
        point if point.open or index == last or _lone(points, index) else None
        for index, point in enumerate(points)
    ]


def _lone(points: Sequence[Point], index: int) -> bool:
    around = [points[i].value for i in (index - 1, index + 1) if 0 <= i < len(points)]
    return all(value is None for value in around)


def _runs(points: Sequence[Point], holds: Callable[[Point], bool]) -> Iterator[list[int]]:
    run: list[int] = []
    for index, point in enumerate(points):
        if holds(point):
            run.append(index)
        elif run:
            yield run
            run = []
    if run:
        yield run
