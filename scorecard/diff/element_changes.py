"""How the elements of scorecards, and what they share, change between two editions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metrics.catalog.diff import ChangeClass, in_order
from scorecard.diff.approval import approvers
from scorecard.diff.elements import KEYS, Element, Id, elements
from scorecard.diff.keys import key_changes, written
from scorecard.diff.model import ElementChange, KeyChange
from scorecard.edition import Edition


def element_changes(base: Edition, head: Edition, names: Mapping[str, str]) -> Iterator[ElementChange]:
    """Yield the elements that differ, each scorecard's together; `names` are the later names of metrics."""
    before = {_called(element, names): element for element in elements(base)}
    after = {element.id: element for element in elements(head)}
    # A scorecard that is new or gone is told once, not with all that it is made of.
    whole = {found[0] for found in set(before) ^ set(after) if found[1] == "scorecard"}
    for found in sorted({*before, *after}):
        if found[0] not in whole or found[1] == "scorecard":
            old, new = before.get(found), after.get(found)
            change = _changed(old, new, base, head, names) if old and new else _alone(old, new, base, head)
            if change is not None:
                yield change


def _called(element: Element, names: Mapping[str, str]) -> Id:
    name = names.get(element.name, element.name) if element.kind == "indicator" else element.name
    return element.scorecard, element.kind, name


def _alone(
    before: Element | None, after: Element | None, base: Edition, head: Edition
) -> ElementChange | None:
    """Return what is new or gone."""
    element, edition = (after, head) if after is not None else (before, base)
    assert element is not None
    text = written(edition.places.node(*element.place, *element.path))
    at = edition.places(*element.place, *element.path)
    was, now = (None, text) if after is not None else (text, None)
    # A scorecard and a dataset are files of their own.
    keys = (KeyChange(element.kind, was, now, at.file, at.line),) if element.path else ()
    named = ChangeClass.ADDED if after is not None else ChangeClass.REMOVED
    return _change(element, {named}, keys, (before, base), (after, head))


def _changed(
    before: Element, after: Element, base: Edition, head: Edition, names: Mapping[str, str]
) -> ElementChange | None:
    """Return how an element differs in its values, None where it does not."""
    values = dict(before.values)
    if after.kind == "weights":
        values[""] = {names.get(name, name): weight for name, weight in values[""].items()}
    moved = [key for key in KEYS[after.kind] if values[key] != after.values[key]]
    if not moved:
        return None
    keys = tuple(each for key in moved for each in _keys(key, (before, base), (after, head)))
    classes = {KEYS[after.kind][key] for key in moved}
    return _change(after, classes, keys, (before, base), (after, head))


Side = tuple[Element | None, Edition]


def _change(
    element: Element, classes: set[ChangeClass], keys: tuple[KeyChange, ...], before: Side, after: Side
) -> ElementChange:
    concerned = {
        name: None
        for side, edition in (after, before)
        if side is not None
        for name in (edition.board.departments if side.departments is None else side.departments)
    }
    agree = approvers(concerned, before[1], after[1])
    stands = after[1] if after[0] is not None else before[1]
    at = stands.places(*element.place, *element.path)
    return ElementChange(
        element.scorecard or None, element.kind, element.name, in_order(classes), at, keys, agree
    )


def _keys(key: str, before: tuple[Element, Edition], after: tuple[Element, Edition]) -> Iterator[KeyChange]:
    """Yield what differs under one key of an element."""
    (was, base), (now, head) = before, after
    if key == "targets":
        old, new = base.places.node("metric", was.name, key), head.places.node("metric", now.name, key)
        yield from key_changes(old, new, key)
    elif key == "":
        old, new = base.places.node(*was.place, *was.path), head.places.node(*now.place, *now.path)
        yield from key_changes(old, new)
    else:
        old, new = was.node(key, base), now.node(key, head)
        place = head.places(*now.place, *now.path, key)
        told = KeyChange(key, was.text(key, base), now.text(key, head), place.file, place.line)
        yield from (key_changes(old, new, key) if old is not None and new is not None else (told,))
