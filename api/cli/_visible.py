"""Texts of data and definitions as they may be written: to a terminal, to one line, to a spreadsheet."""

from __future__ import annotations

import re

WIDEST_CELL = 60

# Escapes and controls, and what turns the direction of the text around it.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With these a spreadsheet begins a formula, or skips them and begins one after."""


def visible(text: str) -> str:
    r"""Return a text in which no sign is left that a terminal obeys: ESC is `\x1b`. Lines stay."""
    return _OBEYED.sub(lambda sign: ascii(sign[0])[1:-1], text)


def json_visible(text: str) -> str:
    """Return JSON in which such signs are escaped, and what a build's log obeys; it says the same."""
    return _OBEYED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text).replace("##[", "\\u0023#[")


def log_line(text: str) -> str:
    """Return a text on one line in which no terminal finds a command, nor the log of a build behind our own words."""
    return visible(" ".join(text.split())).replace("##[", "# #[")


def cell(text: str) -> str:
    """Return a text on one line, its middle left out where it would make every row of a table wide."""
    plain = visible(text.replace("\n", "\\n").replace("\t", "\\t"))
    if len(plain) <= WIDEST_CELL:
        return plain
    return f"{plain[: WIDEST_CELL - 21]} ... {plain[-16:]}"


def for_spreadsheet(text: str) -> str:
    """Return a text that no spreadsheet runs: an apostrophe stands before what would begin a formula."""
    return visible(f"'{text}" if text.startswith(_RUN) else text)
