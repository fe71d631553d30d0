import pytest

from metrics.loading.yaml import read
from scorecard.diff.keys import key_changes, written


def node(text):
    found, findings = read(text, "definitions/x.yml")
    assert findings == ()
    return found


def changes(before, after):
    found = key_changes(node(before), node(after))
    return [(each.key, each.before, each.after, each.line) for each in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a: 1\nb: {c: x}\n", "a: 1\nb: {c: x}\n", []),
        ("a: 1\n# said\nb: 2\n", "b: 2\n\na: '1'\n", []),
        ("a: 1\nb: {c: x, d: w}\n", "a: 2\nb: {c: z}\n",
         [("a", "1", "2", 1), ("b.c", "x", "z", 2), ("b.d", "w", None, 2)]),
        ("a: 1\n", "a: 1\nb: {c: [x, w]}\n", [("b", None, "{c: [x, w]}", 2)]),
        ("a: [x, w]\n", "a: [w, x]\n", [("a", "[x, w]", "[w, x]", 1)]),
        ("a: {id: x}\n", "a: x\n", [("a", "{id: x}", "x", 1)]),
        ("a: |\n  one\n  two\n", "a: one two\n", []),
        # An item put before another moves nothing.
        ("t: [{from: 2026-01-01, goal: 1}]\n",
         "t:\n  - {from: 2025-01-01, goal: 3}\n  - {from: 2026-01-01, goal: 2}\n",
         [("t[2025-01-01]", None, "{from: 2025-01-01, goal: 3}", 2), ("t[2026-01-01].goal", "1", "2", 3)]),
        ("t: [{d: x, k: 1}, {d: x, k: 2}]\n", "t: [{d: x, k: 1}, {d: x, k: 3}]\n", [("t[x 2].k", "2", "3", 1)]),
        ("t: [a, {m: b, w: 1}]\n", "t: [a, {m: b, w: 2}]\n", [("t[b].w", "1", "2", 1)]),
    ],
)  # fmt: skip
def test_keys_are_told_in_the_words_of_the_files(before, after, expected):
    assert changes(before, after) == expected


def test_what_is_not_there_has_no_words():
    assert written(None) is None
    assert list(key_changes(None, None)) == []
