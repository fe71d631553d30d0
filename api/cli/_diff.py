"""A difference of definitions as a page of text.

Whatever stands in a definition may be forged: no line begins with a text of it, so that no log obeys one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from rich.text import Text

from api.cli._output import console, counted, page_width
from api.cli._visible import cell, log_line
from metrics.catalog.diff import ChangeClass
from scorecard.diff.model import Approver, Change, DefinitionDiff, ElementChange, KeyChange, MetricChange
from scorecard.diff.words import SAYS, history_words

_LOUD = {
    ChangeClass.BREAKING: "bold red",
    ChangeClass.REMOVED: "bold red",
    ChangeClass.SEMANTIC: "bold yellow",
    ChangeClass.UPSTREAM: "bold yellow",
}
_LONGEST = 600
_LISTED = 12
Line = Text | str


def write(diff: DefinitionDiff) -> None:
    """Print what changed, what weighs most first, and at the end who has to agree."""
    width = page_width()
    out = console(width=width)
    for line in lines(diff, width):
        out.print(line, soft_wrap=True)


def lines(diff: DefinitionDiff, width: int) -> Iterator[Line]:
    """Yield the lines, none wider than a page but for places and names."""
    yield f"From {_side(diff.base, diff.base_commit)} to {_side(diff.head, diff.head_commit)}"
    if not diff.changes and not diff.scorecard:
        yield "Nothing changes."
        return
    counts = [counted(len(diff.changes), "figure")] if diff.changes else []
    counts += [counted(len(diff.scorecard), "other element")] if diff.scorecard else []
    yield f"{' and '.join(counts)} changed."
    for each in ChangeClass:
        figures = [change for change in diff.changes if change.classes[0] is each]
        others = [change for change in diff.scorecard if change.classes[0] is each]
        if figures or others:
            yield ""
            yield Text.assemble((each.value.upper(), _LOUD.get(each, "bold")), f"  {SAYS[each]}")
            for alike in _alike(figures):
                yield from _figures(alike, width)
            for change in others:
                yield from _element(change, width)
    yield ""
    yield from _approval(diff.all_changes, width)


def _side(written: str, commit: object) -> str:
    known = getattr(commit, "hash", None)
    return log_line(written) + (f" ({known[:12]})" if known and not known.startswith(written) else "")


def _alike(changes: Iterable[MetricChange]) -> list[list[MetricChange]]:
    """Return changes together that differ in nothing but the figure: a key below many is written once."""
    found: dict[object, list[MetricChange]] = {}
    for change in changes:
        same = change.classes, change.keys, change.uses, change.old_meaning, change.holds_from
        found.setdefault(same if change.keys else change.metric, []).append(change)
    return list(found.values())


def _figures(changes: list[MetricChange], width: int) -> Iterator[Line]:
    first = changes[0]
    # A label stands behind our own word, so that no line begins with it.
    yield from _named([f"figure {log_line(cell(each.label))} ({each.metric})" for each in changes])
    if first.before is not None and first.before != first.metric:
        yield f"    called {first.before} before"
    yield from _also(first)
    for key in first.keys:
        yield from _key(key, width)
    if not first.keys:
        yield f"    {log_line(first.at.file)}:{first.at.line}"
    yield from _wrapped(f"used by {', '.join(first.uses)}" if first.uses else "", width)
    if first.recounted:
        yield from _wrapped(f"history: {history_words(first)}", width)
    for word in first.old_meaning:
        read = f"{', '.join(word.metrics)} {'read' if len(word.metrics) > 1 else 'reads'} as before"
        yield from _wrapped(f"two meanings: {word.condition} says more than {word.word}, which {read}", width)
    yield from _wrapped(_goals(changes), width)


def _goals(changes: list[MetricChange]) -> str:
    """Return which goals were set for the old way of counting: of one figure with their days, of several by name."""
    kept = {
        change.metric: [target for target in change.targets if target.goal is not None] for change in changes
    }
    names = [name for name, targets in kept.items() if targets]
    if not names:
        return ""
    if len(names) > 1:
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        listed = f"{', '.join(names[:_LISTED])}{more}"
        return f"the goals of {len(names)} of them were set for the old way of counting: {listed}"
    goals = "; ".join(f"{target.goal} from {target.from_}" for target in kept[names[0]])
    return f"the goal of {names[0]} ({goals}) was set for the old way of counting"


def _element(change: ElementChange, width: int) -> Iterator[Line]:
    whose = f", scorecard {change.scorecard}" if change.scorecard else ""
    yield f"  {change.element} {cell(change.name)}{whose}"
    yield from _also(change)
    for key in change.keys:
        yield from _key(key, width)
    if not change.keys:
        yield f"    {log_line(change.at.file)}:{change.at.line}"


def _named(names: list[str]) -> Iterator[Line]:
    shown = names[:_LISTED] + ([f"and {len(names) - _LISTED} more"] if len(names) > _LISTED else [])
    for name in shown:
        yield Text(f"  {name}", "bold")


def _also(change: Change) -> Iterator[Line]:
    if len(change.classes) > 1:
        yield f"    also {', '.join(each.value for each in change.classes[1:])}"


def _key(key: KeyChange, width: int) -> Iterator[Line]:
    place = (f"{log_line(key.file)}:{key.line}", "dim")
    if key.before and key.after:
        both = (f" {log_line(key.before)}", "red"), " -> ", (log_line(key.after), "green")
        whole = Text.assemble(f"    {log_line(key.key)}:", *both, "  ", place)
        if len(whole) <= width:
            yield whole
            return
    yield Text.assemble(f"    {log_line(key.key)}  ", place)
    for sign, value, style in (("-", key.before, "red"), ("+", key.after, "green")):
        for line in _lines(value, width - 8) if value is not None else ():
            yield Text(f"      {sign} {line}", style)


def _lines(value: str, width: int) -> list[str]:
    """Return a value in lines of a width; the middle of a very long one is left out."""
    plain = log_line(value)
    if len(plain) > _LONGEST:
        plain = f"{plain[: _LONGEST - 105]} ... {plain[-100:]}"
    return wrap(plain, width, break_long_words=True, break_on_hyphens=False) or [""]


def _wrapped(text: str, width: int) -> Iterator[Line]:
    for number, line in enumerate(_lines(text, width - 6) if text else ()):
        yield f"    {'! ' if number == 0 else '| '}{line}"


def _approval(changes: Iterable[Change], width: int) -> Iterator[Line]:
    found: dict[str, Approver] = {}
    for change in changes:
        for each in change.approvers:
            found.setdefault(each.department, each)
    if found:
        yield Text("Must approve", "bold")
    for each in found.values():
        reviewers = " ".join(each.reviewers) or "nobody is named under its reviewers"
        for number, line in enumerate(_lines(f"{each.label}: {reviewers}", width - 4)):
            yield f"  {'* ' if number == 0 else '| '}{line}"
