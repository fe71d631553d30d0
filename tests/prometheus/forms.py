"""What an expression that is made of several must say: each part by `expected`, put together as PromQL does.

It knows the few ways in which dashboards put parts together, and raises on any other.
"""

from __future__ import annotations

import re

DAY = 86_400
STEP = re.compile(r'label_replace\((?P<inner>.*), "(?P<label>\w+)", "(?P<text>[^"]*)", "", ""\)')
AMONG = re.compile(r"sum by \((?P<label>\w+)\) \((?P<inner>.*)\)")
OFFSET = re.compile(r" offset (-?\d+)d")
AHEAD = re.compile(
    r"(?P<inner>.+? offset -\d+d) and on \(\) \(vector\(time\(\)\) <= (?P<to>\d+) / 1000 - (?P<days>\d+)\)"
    r"(?: and on \(\) \((?P<before>.+) == (?P<of>.+) == (?P<after>.+)\))?"
)


def said(expected, expression, at):
    """Return values by labels of an expression at an instant (seconds)."""
    if " or label_replace(" in expression:
        first, rest = expression.split(" or label_replace(", 1)
        one, other = said(expected, first, at), said(expected, f"label_replace({rest}", at)
        assert not one.keys() & other.keys(), expression
        return one | other
    if step := STEP.fullmatch(expression):
        found = said(expected, step["inner"], at)
        return {tuple(sorted((*key, (step["label"], step["text"])))): value for key, value in found.items()}
    if among := AMONG.fullmatch(expression):
        return _added(said(expected, among["inner"], at), among["label"])
    if ahead := AHEAD.fullmatch(expression):
        return said(expected, ahead["inner"], at) if _shown(expected, ahead, at) else {}
    shifts = OFFSET.findall(expression)
    assert len(shifts) <= 1, expression
    return expected.of(OFFSET.sub("", expression), at - DAY * sum(int(each) for each in shifts))


def _added(found, label):
    total = {}
    for key, value in found.items():
        kept = tuple(pair for pair in key if pair[0] == label)
        total[kept] = total.get(kept, 0.0) + value
    return total


def _shown(expected, ahead, at):
    if at > int(ahead["to"]) / 1000 - int(ahead["days"]):
        return False
    if ahead["of"] is None:
        return True
    before, of, after = (list(said(expected, ahead[name], at).values()) for name in ("before", "of", "after"))
    return bool(of) and before == of == after
