"""Texts of definitions and data as they may stand in GitHub's Markdown: as themselves, and as nothing else.

A label cannot end a table's row, open a tag, mention a person, link, or turn the text around it; it stays on one line.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
"""A text is cut in its middle beyond so many signs."""

_BREAK = "\N{ZERO WIDTH SPACE}"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A mention, a reference, an address, a command of a build: what is read so after Markdown has been read.
_LINKED = re.compile(r"@|#|://|::|www\.|\bGH-", re.IGNORECASE)
_READ = "\\`*_[]{}|~$#!^"
_PLAIN = re.compile(r"[A-Za-z0-9_.:/ -]+\Z")
_HASH = re.compile(r"\b[0-9a-f]{7,40}\b")


def text(said: str, longest: int = LONGEST) -> str:
    """Return a text that reads as it is written, on one line."""
    return "".join(_sign(part) for part in _broken(_line(said, longest)))


def code(said: str, longest: int = LONGEST) -> str:
    """Return a text as code."""
    line = _line(said, longest)
    if _PLAIN.match(line) and not line.startswith(" ") and not line.endswith(" ") and not _HASH.search(line):
        return f"`{line}`"
    return f"<code>{text(said, longest)}</code>"


def html(said: str, longest: int = LONGEST) -> str:
    """Return a text for the inside of a tag, where Markdown is not read."""
    return "".join(_ENTITIES.get(sign, sign) for sign in _broken(_line(said, longest)))


def _line(said: str, longest: int) -> str:
    shown = "".join(_seen(sign) for sign in said)
    shown = " ".join(shown.split())
    if len(shown) <= longest:
        return shown
    kept = longest // 2 - 2
    return f"{shown[:kept]} … {shown[-kept:]}"


def _seen(sign: str) -> str:
    """Return a sign, a blank for what breaks a line, and nothing for what is not seen or turns its surroundings."""
    kind = unicodedata.category(sign)
    if kind in ("Zl", "Zp", "Zs") or sign in "\n\r\t\v\f":
        return " "
    return "" if kind.startswith("C") else sign


def _broken(line: str) -> str:
    """Break what would be made into a link, by a blank that has no width."""
    for read in (_LINKED, _HASH):
        line = read.sub(lambda found: f"{found[0][0]}{_BREAK}{found[0][1:]}", line)
    return line


def _sign(sign: str) -> str:
    if sign in _ENTITIES:
        return _ENTITIES[sign]
    return f"\\{sign}" if sign in _READ else sign


def table(head: list[str], rows: list[list[str]], left: int = 1) -> list[str]:
    """Return the lines of a table of Markdown: numbers stand right, the first columns and a last of words left."""
    last = len(head) - 1 if left == 1 else len(head)
    marks = ["-" if place < left or place == last else "-:" for place in range(len(head))]
    return [f"| {' | '.join(head)} |", f"|{'|'.join(marks)}|", *(f"| {' | '.join(row)} |" for row in rows)]
