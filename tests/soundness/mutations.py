"""Spoil definition files in the ways that hands, merges and editors do, the same ones for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from metrics.catalog.definition_hash import definition_hash
from metrics.check import check
from metrics.errors import Finding, sort_findings
from metrics.loading.folder import NAME, folder_of
from metrics.loading.loader import Loaded
from scorecard.check import check as check_board
from scorecard.definitions import Definitions, build
from tests.metrics.project import base
from tests.scorecard.project import FILES as BOARD

SEED = 20260401
MOST_AT_ONCE = 3
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY = re.compile(r"^(\s*(?:- )?\{?)([a-z_]+)(:)", re.MULTILINE)
_SIGN = re.compile("[\"'{}\\[\\],:]")
_VALUE = re.compile(r": *([^\s,{}\[\]]+)")

NUMBERS = (
    "0", "-1", "1e308", "1e309", "-1e400", "9" * 30, "9" * 5000, "0x10", "0o7", "1_000", ".5", "5.", "+3", "1e-400",
    "12:30", "0.1e", "NaN", ".inf", "-.INF", "2026-02-30", "0000-00-00", "1" + "0" * 18, "007",
)  # fmt: skip
TEXTS = (
    "yes", "no", "null", "~", "''", '""', "[]", "{}", "[[]]", "{a: {b: {c: d}}}", "*a", "&a b", "!x y", "<<", "- - -",
    "|", ">", "? a", "a: b: c", "#", "%", "@", "`", "\t", "'", '"', "\\", "$", "${", "${}", "${X}", "{{ x }}",
    "select 1", "a;b", "--", "/*", "(((", ")))", "a in ()", "not", "not not not a", "case", "period_start()", "count",
    "sum(sum(a))", "count_new(", "percentile(a, 2)", "x.y.z.w", "1 days", "0 days", "999999 years", "trailing", "all",
    "self", "__proto__", "None", "True", "a" * 3000, "a or " * 500 + "a", "(" * 100 + "a" + ")" * 100, "- " * 40,
    "a+" * 200 + "a", "not " * 300 + "a", "[" * 60, "{a: " * 60, "case when a then " * 80,
)  # fmt: skip
UNICODE = (
    "\u00e9", "\u0130", "\u00df", "\u200b", "\u202e", "\ufeff", "\u2028", "\x00", "\x1b", "\x85", "\u0661",
    "\U0001f600",
    "\u0435", "\uff11", "e\u0301", "\ud7ff", "\ufffd", "\ufffe", "\U0010ffff", "\u00a0", "\u3000",
)  # fmt: skip


@dataclass(frozen=True)
class Spoiled:
    """A project in which one file was changed; `board` tells which of the two projects it is."""

    number: int
    board: bool
    path: str
    content: bytes
    how: tuple[str, ...]

    def files(self) -> dict[str, bytes]:
        """Return the whole project."""
        return {**_projects()[self.board], self.path: self.content}


def spoiled(count: int, seed: int = SEED) -> Iterator[Spoiled]:
    """Yield so many spoiled projects."""
    projects = _projects()
    places = [(board, path) for board, files in projects.items() for path in sorted(files)]
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        board, path = chance.choice(places)
        content, how = projects[board][path], []
        for _ in range(chance.randint(1, MOST_AT_ONCE)):
            name, change = chance.choice(_CHANGES)
            content = change(chance, content)
            how.append(name)
        yield Spoiled(number, board, path, content, tuple(how))


def _projects() -> Mapping[bool, Mapping[str, bytes]]:
    return {False: base(), True: {path: text.encode() for path, text in BOARD.items()}}


# -- what is done to a file ---------------------------------------------------------------------------


def _bytes(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content or b"a")
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _bit(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content or b"a")
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _lost(chance: random.Random, content: bytes) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.randint(1, 30) :]


def _said_again(chance: random.Random, content: bytes) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[: start + chance.randint(1, 60)] + content[start:]


def _lines(
    change: Callable[[random.Random, list[str], int], None],
) -> Callable[[random.Random, bytes], bytes]:
    def do(chance: random.Random, content: bytes) -> bytes:
        lines = content.decode("utf-8", "surrogateescape").split("\n")
        change(chance, lines, chance.randrange(len(lines)))
        return "\n".join(lines).encode("utf-8", "surrogateescape")

    return do


def _drop(chance: random.Random, lines: list[str], at: int) -> None:
    del lines[at]


def _double(chance: random.Random, lines: list[str], at: int) -> None:
    lines.insert(chance.randrange(len(lines) + 1), lines[at])


def _swap(chance: random.Random, lines: list[str], at: int) -> None:
    other = chance.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _shift(chance: random.Random, lines: list[str], at: int) -> None:
    lines[at] = (
        chance.choice((" ", "  ", "\t", "      ")) + lines[at]
        if chance.random() < 0.6
        else lines[at].lstrip()
    )


def _conflict(chance: random.Random, lines: list[str], at: int) -> None:
    lines[at:at] = ["<<<<<<< HEAD", lines[at], "======="]
    lines.insert(at + 4, ">>>>>>> theirs")


def _texts(change: Callable[[random.Random, str], str]) -> Callable[[random.Random, bytes], bytes]:
    def do(chance: random.Random, content: bytes) -> bytes:
        return change(chance, content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    return do


def _replaced(chance: random.Random, text: str, pattern: re.Pattern[str], by: str, group: int = 0) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text + by
    match = chance.choice(found)
    return text[: match.start(group)] + by + text[match.end(group) :]


def _word(chance: random.Random, text: str) -> str:
    words = _WORD.findall(text) or ["a"]
    return _replaced(chance, text, _WORD, chance.choice(words))


def _key(chance: random.Random, text: str) -> str:
    keys = [match[2] for match in _KEY.finditer(text)] or ["a"]
    key = chance.choice(keys)
    by = chance.choice(
        (key, key[::-1], key.upper(), key + "s", key[:-1], "", "x" * 80, chance.choice(UNICODE))
    )
    return _replaced(chance, text, _KEY, by, 2)


def _value(chance: random.Random, text: str) -> str:
    return _replaced(chance, text, _VALUE, chance.choice((*NUMBERS, *TEXTS)), 1)


def _quoted(chance: random.Random, text: str) -> str:
    return _replaced(
        chance, text, re.compile("[\"'{}\\[\\],:]"), chance.choice(("", '"', "'", "{", "]", ",", ":", "\\"))
    )


def _sign(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(UNICODE) + text[at:]


def _inserted(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(TEXTS) + text[at:]


def _nested(chance: random.Random, text: str) -> str:
    depth = chance.choice((3, 20, 49, 51, 200, 2000))
    opening, closing = chance.choice((("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")))
    return _replaced(chance, text, _VALUE, opening * depth + "a" + closing * depth, 1)


def _long(chance: random.Random, text: str) -> str:
    unit = chance.choice(("a: 1\n", "- a\n", "# a\n", "a, ", "a" * 50, "\n", "a: [", "  ", "'", '"a" '))
    return text + unit * chance.choice((10, 100, 600))


_CHANGES: tuple[tuple[str, Callable[[random.Random, bytes], bytes]], ...] = (
    ("bytes", _bytes), ("bit", _bit), ("cut off", _cut), ("lost", _lost), ("said again", _said_again),
    ("line dropped", _lines(_drop)), ("line doubled", _lines(_double)), ("lines swapped", _lines(_swap)),
    ("indented", _lines(_shift)), ("conflict", _lines(_conflict)), ("word", _texts(_word)), ("key", _texts(_key)),
    ("value", _texts(_value)), ("value", _texts(_value)), ("sign", _texts(_quoted)), ("unicode", _texts(_sign)),
    ("inserted", _texts(_inserted)), ("nested", _texts(_nested)), ("long", _texts(_long)),
)  # fmt: skip


# -- what is held of it -------------------------------------------------------------------------------


def read(case: Spoiled) -> Definitions:
    """Read the spoiled file alone, as if the project had no other."""
    return build(folder_of({case.path: case.content}))


def checked(case: Spoiled) -> tuple[Finding, ...]:
    """Read and check the whole project; hash every metric where nothing was found."""
    project = build(folder_of(case.files()))
    loaded = Loaded(project.catalog, project.findings, project.folder, project.places)
    found = sort_findings([*project.findings, *check(loaded), *check_board(project)])
    if not found and project.catalog is not None:
        for metric in project.catalog.metrics:
            definition_hash(project.catalog, metric)
    return found


def misplaced(case: Spoiled, findings: tuple[Finding, ...]) -> list[str]:
    """Return the findings that do not point into a file, or that are more than a line."""
    files, wrong = case.files(), []
    for found in findings:
        place = found.position
        content = files.get(place.file.removeprefix(f"{NAME}/"), b"")
        lines = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        inside = 1 <= place.line <= len(lines) and 1 <= place.column <= len(lines[place.line - 1]) + 2
        plain = str(found).isprintable() and len(found.message) < 1000
        if not (inside and plain and found.code and found.message):
            wrong.append(
                f"{case.number} ({', '.join(case.how)}) {Path(place.file).name}: {str(found)!r}"[:600]
            )
    return wrong
