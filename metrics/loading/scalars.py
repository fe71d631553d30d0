"""Decide what an unquoted YAML text is worth: the 1.2 core schema, less what readers take differently."""

from __future__ import annotations

import math
import re

Value = None | bool | int | float | str

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WORDS = {"yes": True, "y": True, "on": True, "no": False, "n": False, "off": False}
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_BASED = re.compile(r"[-+]?0(?:x[0-9a-f]+|o[0-7]+|b[01]+)", re.IGNORECASE)
_CLOCK = re.compile(r"[-+]?[0-9]+(?::[0-9]{1,2})+(?:\.[0-9]*)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|nan)", re.IGNORECASE)
_LONGEST_NUMBER = 400
_INTEGERS = range(-(2**63), 2**63)


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."


class Ambiguous(ValueError):
    """Readers of YAML differ on this text; `meant` is what it was most likely meant to be."""

    code = "yaml-ambiguous"

    def __init__(self, text: str, meant: Value, write: str = "") -> None:
        self.meant = meant
        written = f"write {write}, or quote it" if write else "quote it"
        super().__init__(f'{_shown(text)} is ambiguous: {written}: "{_shown(text)}"')


class OutOfRange(ValueError):
    """The number fits no 64-bit integer or float."""

    code = "yaml-bounds"

    def __init__(self, text: str) -> None:
        self.meant: Value = text
        super().__init__(f"the number {_shown(text)} does not fit 64 bits: write a smaller one, or quote it")


def resolve(text: str) -> Value:
    """Return the value of an unquoted text; raise Ambiguous or OutOfRange with what to write instead."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if len(text) <= 3 and text.lower() in _WORDS:
        meant = _WORDS[text.lower()]
        raise Ambiguous(text, meant, "true" if meant else "false")
    if text[0] not in "+-.0123456789":
        return text
    if _CLOCK.fullmatch(text):
        raise Ambiguous(text, text)
    if _NOT_FINITE.fullmatch(text):
        raise Ambiguous(text, text, "a finite number")
    return _number(text)


def _number(text: str) -> Value:
    digits = text.replace("_", "")
    based = _BASED.fullmatch(digits)
    if (not based and not _NUMBER.fullmatch(digits)) or text.lstrip("+-").startswith("_"):
        return text
    # Long digits are refused unread: Python itself raises on an integer of 4,300 digits.
    if len(digits) > _LONGEST_NUMBER:
        raise OutOfRange(text)
    value = int(digits, 0) if based else _decimal(digits)
    if value not in _INTEGERS if isinstance(value, int) else not math.isfinite(value):
        raise OutOfRange(text)
    if based or digits != text or _LEADING_ZERO.match(digits):
        raise Ambiguous(text, value, str(value))
    return value


def _decimal(digits: str) -> int | float:
    match = _NUMBER.fullmatch(digits)
    assert match is not None
    return float(digits) if any(match.groups()) else int(digits)
