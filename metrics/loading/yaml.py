"""Read YAML 1.2 strictly: a frozen tree with positions, and a finding for whatever is ambiguous.

Mapping keys are text, taken literally (`on:` is the key "on"). A value is null, true, false, a decimal
number or text. What other readers take differently, or what hides a value, is refused with what to write.

Codes: yaml-syntax, yaml-ambiguous, yaml-duplicate-key, yaml-anchor, yaml-tag, yaml-bounds, yaml-encoding,
yaml-document.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from metrics.errors import Finding, Position, sort_findings
from metrics.loading.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode, locate, plain
from metrics.loading.scalars import Ambiguous, OutOfRange, Value, resolve

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_FINDINGS",
    "MAX_NODES",
    "MAX_TEXT",
    "Entry",
    "MappingNode",
    "Node",
    "ScalarNode",
    "SequenceNode",
    "Value",
    "locate",
    "plain",
    "read",
    "read_bytes",
    "read_content",
]

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_NODES = 100_000
MAX_TEXT = 64 * 1024
MAX_FINDINGS = 100
_REMEMBERED = 1000

# Control characters, what no file may hold, and what lets a text look other than it is read.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_TOO_DEEP = f"more than {MAX_DEPTH} levels of nesting: flatten it"
_BRACKETS = re.compile(rf"(?:[\[{{][ \n]*){{{MAX_DEPTH}}}[\[{{]")
_DIRECTIVES = re.compile(r"\A(?:(?:[ \t]*(?:#.*)?|%.*)\n)*")
_YAML_1_2 = re.compile(r"%YAML[ \t]+1\.2[ \t]*(?:[ \t]#.*)?")

_MISPLACED = "this does not belong here: correct the indentation, or quote the whole text"
_BLOCK = "text cannot start with | or >: quote it"
_ADVICE = {
    "mapping values are not allowed": "a ':' cannot stand here: quote the text, or correct the indentation",
    "sequence entries are not allowed": "a list cannot start here: write it on its own lines, or in [ ]",
    "expected <block end>": _MISPLACED,
    "expected '<document start>'": _MISPLACED,
    "expected the node content": "a value is missing here: write it, or close the bracket",
    "expected ',' or ']'": "expected ',' or ']'",
    "expected ',' or '}'": "expected ',' or '}'",
    "chomping or indentation": _BLOCK,
    "a comment or a line break": _BLOCK,
    "escape": "the escape is unknown: write \\\\, or use single quotes",
}
_UNREADABLE = "this cannot be read as YAML"
_UNSTARTABLE = re.compile(r"found character '(.+)' that cannot start any token")


def read_content(path: Path, root: Path) -> tuple[bytes | None, Finding | None]:
    """Read a file's bytes, no more than show that it is too large; or say, by its path from root, why not."""
    try:
        with path.open("rb") as opened:
            return opened.read(MAX_BYTES + 1), None
    except OSError as error:
        file, words = Path(os.path.relpath(path, root)).as_posix(), error.strerror or str(error)
        return None, Finding(Position(file, 1, 1), "yaml-document", f"the file cannot be read: {words}")


def read_bytes(content: bytes, file: str) -> tuple[Node | None, tuple[Finding, ...]]:
    """Read the bytes of a file as `read` does; they must be UTF-8, with or without a byte order mark."""
    if len(content) > MAX_BYTES:
        return None, (_too_large(file),)
    return _remembered(content, file)


@lru_cache(_REMEMBERED)
def _remembered(content: bytes, file: str) -> tuple[Node | None, tuple[Finding, ...]]:
    """Read a file anew only where its bytes changed: a project is loaded again and again."""
    try:
        return read(content.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        before = _unify_line_breaks(content[: error.start].decode("utf-8").removeprefix("\ufeff"))
        message = f"the byte 0x{content[error.start]:02x} is not UTF-8: save the file as UTF-8"
        return None, (Finding(_Lines(before, file).position(len(before)), "yaml-encoding", message),)


def read(text: str, file: str) -> tuple[Node | None, tuple[Finding, ...]]:
    """Read one YAML document into a tree and every finding, in order; never raise for its content.

    The node is None when the text cannot be read to its end; an empty document is a null. Beside other
    findings the tree holds what was most likely meant (`no` is False, `010` is 10; an alias is null; of
    equal keys the first counts), so that a schema can look at the rest.
    """
    if len(text) > MAX_BYTES:
        return None, (_too_large(file),)
    reader = _Reader(_unify_line_breaks(text.removeprefix("\ufeff")), file)
    node: Node | None = None
    with suppress(_Stopped):
        node = reader.document()
    return node, sort_findings(reader.findings)


def _too_large(file: str) -> Finding:
    return Finding(Position(file, 1, 1), "yaml-bounds", "the file is larger than 1 MiB: split it")


def _unify_line_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Stopped(Exception):
    """The rest of the file cannot be read; the finding is noted."""


class _Lines:
    """Turn a character's index into its position."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, index: int) -> Position:
        line = bisect_right(self.starts, index)
        return Position(self.file, line, index - self.starts[line - 1] + 1)


class _Reader:
    """Build the tree from parser events; the parser keeps a list of states, so depth cannot hurt it."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.lines = _Lines(text, file)
        self.findings: list[Finding] = []
        self.nodes = 0
        self.yaml = YAML(typ="safe", pure=True)

    def note(self, index: int, code: str, message: str) -> None:
        if len(self.findings) == MAX_FINDINGS:
            code, message = "yaml-bounds", f"more than {MAX_FINDINGS} findings: correct those above first"
            self.findings.append(Finding(self.lines.position(min(index, len(self.text))), code, message))
            raise _Stopped
        self.findings.append(Finding(self.lines.position(min(index, len(self.text))), code, message))

    def stop(self, index: int, code: str, message: str) -> _Stopped:
        self.note(index, code, message)
        return _Stopped()

    def document(self) -> Node:
        self.check_characters()
        self.check_brackets()
        self.check_directives()
        with closing(self.events()) as events:
            next(events)  # the start of the stream
            if isinstance(next(events), StreamEndEvent):
                return ScalarNode(None, "", self.lines.position(0), True)
            node = self.node(next(events), events, 1)
            next(events)  # the end of the document
            following = next(events)
            if isinstance(following, DocumentStartEvent):
                message = "a second document starts here: write one document a file"
                raise self.stop(following.start_mark.index, "yaml-document", message)
        return node

    def check_characters(self) -> None:
        found = _FORBIDDEN.search(self.text)
        if found:
            message = f"the character {_code(found[0])} is refused: delete it"
            raise self.stop(found.start(), "yaml-encoding", message)

    def check_brackets(self) -> None:
        """Refuse many brackets in a row before the parser sees them: its time grows with their square."""
        found = _BRACKETS.search(self.text)
        if found:
            raise self.stop(found.end() - 1, "yaml-bounds", _TOO_DEEP)

    def check_directives(self) -> None:
        head = _DIRECTIVES.match(self.text + "\n")
        assert head is not None
        for line in re.finditer("^%.*", head[0], re.MULTILINE):
            if not _YAML_1_2.fullmatch(line[0]):
                message = f"the directive {line[0]!r} is refused: delete the line"
                raise self.stop(line.start(), "yaml-document", message)

    def events(self) -> Generator[Any, None, None]:
        try:
            yield from self.yaml.parse(self.text)
        except MarkedYAMLError as error:
            raise self.stop(*_explain(error)) from error
        except Exception as error:
            # The parser lets ValueError, OverflowError and the like out on some broken texts.
            raise self.stop(self.yaml.reader.index, "yaml-syntax", _UNREADABLE) from error

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        start = event.start_mark.index
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise self.stop(start, "yaml-bounds", _TOO_DEEP)
        if self.nodes > MAX_NODES:
            raise self.stop(start, "yaml-bounds", f"more than {MAX_NODES} values in one file: split it")
        if isinstance(event, AliasEvent):
            message = f"the alias *{event.anchor} is refused: write the value out, or quote the text"
            self.note(start, "yaml-anchor", message)
            return ScalarNode(None, "", self.lines.position(start), True, f"*{event.anchor}")
        self.check_properties(event)
        if isinstance(event, ScalarEvent):
            return self.scalar(event)
        if isinstance(event, SequenceStartEvent):
            return self.sequence(start, events, depth)
        return self.mapping(start, events, depth)

    def check_properties(self, event: Any) -> None:
        start = event.start_mark.index
        if event.anchor is not None:
            message = f"the anchor &{event.anchor} is refused: write the value out, or quote the text"
            self.note(start, "yaml-anchor", message)
        if event.tag is not None:
            self.note(start, "yaml-tag", "a tag (!...) is refused: write the plain value, or quote the text")

    def sequence(self, start: int, events: Iterator[Any], depth: int) -> SequenceNode:
        items = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(self.node(event, events, depth + 1))
        return SequenceNode(tuple(items), self.lines.position(start))

    def mapping(self, start: int, events: Iterator[Any], depth: int) -> MappingNode:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self.key(event, events, depth)
            following = next(events)
            value = self.node(following, events, depth + 1)
            if key is None:
                continue
            if isinstance(value, ScalarNode) and value.plain and not value.raw:
                value = self.behind_colon(value, event.end_mark.index, following.start_mark.index)
            first = entries.setdefault(key.text, Entry(key.text, key.position, value))
            if first.value is not value:
                message = f"the key {key.text!r} stands at line {first.key_position.line} already: keep one"
                self.note(event.start_mark.index, "yaml-duplicate-key", message)
        return MappingNode(tuple(entries.values()), self.lines.position(start))

    def behind_colon(self, value: ScalarNode, key_end: int, end: int) -> ScalarNode:
        """Put an empty value behind its colon; the parser has it at the next key, lines below."""
        colon = self.text.find(":", key_end, end)
        return value if colon < 0 else replace(value, position=self.lines.position(colon + 1))

    def key(self, event: Any, events: Iterator[Any], depth: int) -> ScalarNode | None:
        start = event.start_mark.index
        if isinstance(event, ScalarEvent) and event.style is None and event.value == "<<":
            self.note(start, "yaml-anchor", "the merge key << is refused: write the keys out, or quote it")
            return None
        if isinstance(event, ScalarEvent):
            self.check_properties(event)
            return self.scalar(event, key=True)
        self.node(event, events, depth + 1)
        if not isinstance(event, AliasEvent):
            self.note(start, "yaml-syntax", "a key is a list or a mapping: write a text")
        return None

    def scalar(self, event: Any, key: bool = False) -> ScalarNode:
        start = event.start_mark.index
        is_plain, text = event.style is None, event.value
        raw = self.text[start : event.end_mark.index]
        if event.style == '"' and "\\" in raw:
            text = self.unescaped(text, start)
        if len(text) > MAX_TEXT:
            self.note(start, "yaml-bounds", "the text is longer than 64 KiB: shorten it")
        value: Value = text
        if is_plain and not key:
            try:
                value = resolve(text)
            except (Ambiguous, OutOfRange) as error:
                self.note(start, error.code, str(error))
                value = error.meant
        return ScalarNode(value, text, self.lines.position(start), is_plain, raw)

    def unescaped(self, text: str, start: int) -> str:
        r"""Join surrogate pairs, as JSON writes them (\ud83d\ude00), and refuse what no file may hold."""
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        found = _FORBIDDEN.search(joined)
        if found:
            self.note(start, "yaml-encoding", f"the text holds the character {_code(found[0])}: leave it out")
        return _FORBIDDEN.sub("\ufffd", joined)


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


def _explain(error: MarkedYAMLError) -> tuple[int, str, str]:
    """Return where a syntax error stands, its code, and what to do about it."""
    problem, context = error.problem or _UNREADABLE, error.context or ""
    opened, mark = error.context_mark, error.problem_mark or error.context_mark
    index = mark.index if mark else 0
    since = f" (opened at line {opened.line + 1})" if opened and opened.line != mark.line else ""
    if context in ("while scanning an alias", "while scanning an anchor"):
        return opened.index, "yaml-anchor", "text cannot start with * or &: quote it"
    if context.endswith(" tag") or "undefined tag handle" in problem:
        return opened.index, "yaml-tag", "text cannot start with !: quote it"
    if "unexpected end of stream" in problem and opened:
        return opened.index, "yaml-syntax", "the quote is never closed: write the closing quote"
    if "could not find expected ':'" in problem and opened:
        return opened.index, "yaml-syntax", "a key without its ':': write ': ' behind it"
    if found := _UNSTARTABLE.search(problem):
        started = f"text cannot start with {found[1]}: quote it"
        return index, "yaml-syntax", "a tab stands here: write spaces" if found[1] == "\\t" else started
    advice = next((advice for fragment, advice in _ADVICE.items() if fragment in problem), None)
    # Where a block was opened says nothing of what is wrong in it.
    return index, "yaml-syntax", (advice or problem) + ("" if advice == _MISPLACED else since)
