"""How each metric changes between two editions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from metrics.catalog.diff import ChangeClass, MetricDifference, Path, differences, in_order
from metrics.catalog.metric import Metric
from metrics.errors import Position
from scorecard.diff.approval import concerned
from scorecard.diff.keys import key_changes, written
from scorecard.diff.meaning import old_meanings
from scorecard.diff.model import KeptTarget, KeyChange, MetricChange
from scorecard.diff.since import holds_from
from scorecard.diff.uses import is_retyped, uses
from scorecard.edition import Edition

_KINDS = {"datasets": "dataset", "metrics": "metric", "identities": "identity"}


def metric_changes(base: Edition, head: Edition) -> Iterator[MetricChange]:
    """Yield the metrics that differ in anything, by name."""
    for found in differences(base.catalog, head.catalog):
        before, after = found.before, found.after
        keys = tuple(_keys(found, base, head))
        classes = set(found.classes)
        broken = tuple(_broken(found, base, head))
        if broken:
            classes |= {ChangeClass.BREAKING}
        if not classes and not keys and not _reworded(found, base, head):
            continue
        if not classes:
            classes = {ChangeClass.COSMETIC}
        yield MetricChange(
            metric=found.metric.metric,
            before=before.metric if before else None,
            label=found.metric.label,
            classes=in_order(classes),
            at=found.metric.position,
            keys=keys,
            through=tuple(".".join(_spelled(path)) for path in found.through),
            uses=broken,
            hash_before=base.hashes[before.metric] if before else None,
            hash_after=head.hashes[after.metric] if after else None,
            approvers=concerned((after, before), base, head),
            targets=tuple(_kept(before, after, head)) if classes & _RECOUNTED else (),
            old_meaning=tuple(dict.fromkeys(old_meanings(found, base.catalog, head.catalog))),
            holds_from=holds_from(found, base.catalog, head.catalog),
        )


_RECOUNTED = {ChangeClass.SEMANTIC, ChangeClass.UPSTREAM}


def _keys(found: MetricDifference, base: Edition, head: Edition) -> Iterator[KeyChange]:
    """Yield the metric's own keys that differ, then those below it."""
    if found.before is None or found.after is None:
        return
    yield from key_changes(
        base.places.node("metric", found.before.metric), head.places.node("metric", found.after.metric)
    )
    for path in found.through:
        yield from _below(path, base, head)


def _below(path: Path, base: Edition, head: Edition) -> Iterator[KeyChange]:
    """Yield what differs at a key that a metric rests on."""
    root, *rest = _spelled(path)
    key = ".".join((root, *rest))
    place = ("company", "") if root == "company" else (_KINDS[root], rest.pop(0))
    before, after = (each.places.node(*place, *rest) for each in (base, head))
    at = head.places(*place, *rest)
    if rest[-1:] == ["holidays"]:
        yield from _days(key, _closed(base, rest[1]), _closed(head, rest[1]), at)
    else:
        yield from tuple(key_changes(before, after, key)) or (KeyChange(key, None, None, at.file, at.line),)


def _spelled(path: Path) -> Path:
    """Return a path in the words of the files, in which a calendar has hours and holidays."""
    if path[:2] == ("company", "calendars"):
        return (*path[:3], *(_CALENDAR.get(key, key) for key in path[3:]))
    return path


_CALENDAR = {"week": "hours", "closed": "holidays"}
"""Under which keys a calendar's hours and days stand in company.yml."""


def _closed(edition: Edition, calendar: str) -> tuple[date, ...]:
    found = edition.catalog.company.calendars.get(calendar)
    return found.closed if found is not None else ()


def _days(key: str, before: tuple[date, ...], after: tuple[date, ...], at: Position) -> Iterator[KeyChange]:
    """Yield which days are holidays no more, and which are by now: they stand in a file of their own."""
    gone, new = (
        ", ".join(map(str, sorted(set(one) - set(other)))) or None
        for one, other in ((before, after), (after, before))
    )
    yield KeyChange(key, gone, new, at.file, at.line)


def _broken(found: MetricDifference, base: Edition, head: Edition) -> Iterator[str]:
    """Yield what used a metric that is gone, or of another kind or unit."""
    before, after = found.before, found.after
    if before is None:
        return
    if after is None or is_retyped(before, after, base.catalog, head.catalog):
        yield from uses(before.metric, base)


def _reworded(found: MetricDifference, base: Edition, head: Edition) -> bool:
    """Tell whether the metric's file differs in what no reader of definitions sees: comments and layout."""
    if found.before is None or found.after is None:
        return False
    return base.text_of(found.before.position.file) != head.text_of(found.after.position.file)


def _kept(before: Metric | None, after: Metric | None, head: Edition) -> Iterator[KeptTarget]:
    """Yield the targets that stay though the metric is counted otherwise."""
    for index, target in enumerate(after.targets if after else ()):
        if before is not None and target in before.targets and after is not None:
            goal, red_flag = (
                written(head.places.node("metric", after.metric, "targets", index, key))
                for key in ("goal", "red_flag")
            )
            yield KeptTarget(target.from_, target.per.value if target.per else None, goal, red_flag)
