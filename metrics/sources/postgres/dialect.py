"""What PostgreSQL writes differently: strict texts, binary order, Unicode case, JSON paths."""

from __future__ import annotations

import json
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.sql import ColumnElement

from metrics.dialect import CASTS, NAIVE, Type, Value, json_path
from metrics.errors import ExpressionError
from metrics.sources._shared.postgres_words import PostgresWords

_SPACES = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))

# What a text must look like to be read as a day or a moment: the server itself would guess at much more.
_CLOCK = r"([01]?[0-9]|2[0-4]):[0-5]?[0-9](:[0-5]?[0-9](\.[0-9]+)?)?"
_ZONE = r"\s?(Z|UTC|[-+][0-9]{2}(:?[0-9]{2})?)"
_MOMENT = rf"^\s*[0-9]{{4}}(-[0-9]{{1,2}}-|/[0-9]{{1,2}}/)[0-9]{{1,2}}((T| +){_CLOCK}({_ZONE})?)?\s*$"

_TRUTH = "^([tT]([rR][uU][eE])?|[yY]([eE][sS])?|1|[fF]([aA][lL][sS][eE])?|[nN][oO]?|0)$"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ANY_CASE = "|".join("".join(f"[{letter.upper()}{letter.lower()}]" for letter in name) for name in _MONTHS)
_CODES = {
    "Y": r"((?!0000)[0-9]{4})", "m": r"(0?[1-9]|1[0-2])", "d": r"(0?[1-9]|[12][0-9]|3[01])",
    "H": r"([01]?[0-9]|2[0-3])", "M": r"([0-5]?[0-9])", "S": r"([0-5]?[0-9])", "f": r"([0-9]{1,6})",
    "b": f"({_ANY_CASE})",
}  # fmt: skip
# A year of two digits lies in 1969 to 2068, as strptime has it.
_CENTURIES = (("19", "(69|[7-9][0-9])"), ("20", "([0-6][0-9])"))


class PostgresDialect(PostgresWords):
    """PostgreSQL 13 and later; `folding` is the collation by which letters have cases."""

    def __init__(self, folding: str) -> None:
        self._folding = folding

    def cast(self, value: Value, type_: Type) -> ColumnElement[Any]:
        """Return a value as another type, where another engine would give the same or an error."""
        sql, to = value.sql, CASTS[type_]
        if value.type is Type.TEXT and type_ is Type.DATE:
            return sa.cast(_checked(sql, _MOMENT, "an ISO date or time"), to)
        if value.type is Type.TEXT and type_ is Type.BOOLEAN:
            return sa.cast(_checked(sql, _TRUTH, "true or false"), to)
        if value.type is Type.TEXT and type_ is Type.INTEGER:
            return sa.cast(sa.cast(sql, sa.Numeric()), to)
        if value.type is Type.FLOAT and type_ is Type.TEXT:
            text = sa.cast(sql, to)
            return sa.case((text.regexp_match("^-?[0-9]+$"), text + ".0"), else_=text)
        if value.type is Type.BOOLEAN and type_.number:
            return sa.cast(sa.cast(sql, sa.Integer()), to)
        if value.type.number and type_ is Type.BOOLEAN:
            return sql != sa.literal_column("0")
        return sa.cast(sql, to)

    def is_finite(self, value: Value) -> ColumnElement[bool] | None:
        """Tell whether a number is neither NaN nor infinite: a numeric can be as well as a double."""
        if value.type not in (Type.DECIMAL, Type.FLOAT):
            return None
        # Less itself it is NaN. No name of infinity: a numeric has one since version 14 alone.
        return (value.sql - value.sql) == sa.literal_column("0")

    def read_naive(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read an ISO text into a naive timestamp; anything else is an error."""
        # More than microseconds are cut off, not rounded.
        cut = sa.func.regexp_replace(text, r"(\.[0-9]{6})[0-9]+", r"\1", type_=sa.Text())
        return sa.cast(_checked(cut, _MOMENT, "an ISO date or time"), NAIVE)

    def json_text(self, document: ColumnElement[Any], path: str) -> ColumnElement[Any]:
        """Return the text at a path of a JSON document: names are keys, never positions."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{json.dumps(step)}" for step in json_path(path))
        found = sa.func.jsonb_path_query_first(
            sa.cast(document, JSONB()),
            sa.cast(sa.literal("strict $" + "".join(steps), sa.Text()), JSONPATH()),
            sa.cast(sa.literal("{}", sa.Text()), JSONB()),
            sa.true(),
            type_=sa.Text(),
        )
        # The text of the whole of what was found: without quotes, and null where it is JSON's null.
        return found.op("#>>")(sa.cast(sa.literal("{}", sa.Text()), sa.ARRAY(sa.Text())))

    def days(self, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the days from one day to another; null where either is infinite, which the server cannot subtract."""
        known = sa.and_(sa.func.isfinite(later), sa.func.isfinite(earlier))
        return sa.case((known, super().days(later, earlier)), else_=sa.null())

    def parse_time(self, text: ColumnElement[Any], form: str, *, strict: bool) -> ColumnElement[Any]:
        """Read a text by a strptime format; a text that does not fit is an error, or null if not strict."""
        patterns = [
            (text.regexp_match(pattern), sa.func.regexp_replace(text, pattern, iso, type_=sa.Text()))
            for pattern, iso in time_patterns(form)
        ]
        if strict:
            refused = sa.literal(f"not of the form {form}: ", sa.Text()) + text
            return sa.cast(sa.case(*patterns, else_=refused), NAIVE)
        iso = sa.case(*patterns, else_=sa.cast(sa.null(), sa.Text()))
        first = sa.cast(sa.func.regexp_replace(iso, r"^([^-]+-[^-]+)-.*$", r"\1-1", type_=sa.Text()), NAIVE)
        last = first + sa.cast(sa.literal("1 month -1 day", sa.Text()), sa.Interval())
        day = sa.func.regexp_replace(iso, r"^[^-]+-[^-]+-([0-9]+).*$", r"\1", type_=sa.Text())
        there = sa.cast(day, sa.Integer()) <= sa.extract("day", last)
        return sa.case((there, sa.cast(iso, NAIVE)), else_=sa.null())

    def binary_order(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Make a text compare in binary order."""
        return sa.collate(text, "C")

    def like(self, text: ColumnElement[Any], pattern: ColumnElement[Any]) -> ColumnElement[Any]:
        """Tell whether a text fits a pattern of % and _; a backslash escapes nothing."""
        return self.binary_order(text).like(pattern, escape="")

    def lower(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text in lower case: binary order knows the cases of ASCII alone."""
        return self.binary_order(sa.func.lower(sa.collate(text, self._folding)))

    def upper(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text in upper case: binary order knows the cases of ASCII alone."""
        return self.binary_order(sa.func.upper(sa.collate(text, self._folding)))

    def trim(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a text without the spaces around it, those of Unicode included."""
        return sa.func.btrim(text, sa.literal(_SPACES, sa.Text()), type_=sa.Text())

    def substr(self, text: ColumnElement[Any], start: ColumnElement[Any],
               length: ColumnElement[Any] | None) -> ColumnElement[Any]:  # fmt: skip
        """Return a part of a text; a negative start counts from the end, a negative length goes backwards."""
        at: ColumnElement[Any] = sa.cast(start, sa.Integer())
        if not _constant(start, least=1):
            at = sa.case((at < 0, sa.func.length(text) + at + 1), else_=at)
        if length is None:
            return sa.func.substr(text, at, type_=sa.Text())
        count: ColumnElement[Any] = sa.cast(length, sa.Integer())
        if not _constant(length, least=0):
            at, count = sa.case((count < 0, at + count), else_=at), sa.func.abs(count)
        return sa.func.substr(text, at, count, type_=sa.Text())

    def split_part(self, text: ColumnElement[Any], by: ColumnElement[Any],
                   number: ColumnElement[Any]) -> ColumnElement[Any]:  # fmt: skip
        """Return the nth part of a split text; split by nothing, a text falls into its characters."""
        at = sa.cast(number, sa.Integer())
        part = sa.func.split_part(text, by, at, type_=sa.Text())
        if _constant(number, least=1) and _constant(by, least=1):
            return part
        known = sa.and_(text.is_not(None), by.is_not(None))
        single = self.substr(text, number, sa.literal(1, sa.BigInteger()))
        return sa.case((sa.and_(at == 0, known), ""), (by == "", single), else_=part)


def time_patterns(form: str) -> list[tuple[str, str]]:
    """Return what a text of a strptime format looks like, and what makes it ISO; raise ExpressionError.

    There are two where years have two digits: one a century.
    """
    centuries = _CENTURIES if "y" in re.findall("%(.)", form) else (("", ""),)
    return [_time_pattern(form, century, years) for century, years in centuries]


def _time_pattern(form: str, century: str, years: str) -> tuple[str, str]:
    codes, pattern = {**_CODES, "y": years}, ""
    found: dict[str, str] = {}
    for code, plain in re.findall(r"%(.?)|([^%])", form):
        if plain:
            pattern += r"\s+" if plain == " " else re.escape(plain)
        elif code == "%":
            pattern += "%"
        elif code not in codes or code in found:
            known = ", ".join(f"%{each}" for each in sorted(codes))
            raise ExpressionError(
                f"the format {form!r} cannot be read: PostgreSQL takes {known}, once each", 0
            )
        else:
            found[code] = f"\\{len(found) + 1}"
            pattern += codes[code]
    year = century + found["y"] if "y" in found else found.get("Y", "1900")
    day = f"{year}-{found.get('b', found.get('m', '1'))}-{found.get('d', '1')}"
    clock = ":".join(found.get(code, "0") for code in "HMS")
    return rf"^\s*{pattern}\s*$", f"{day} {clock}.{found.get('f', '0')}"


def _checked(text: ColumnElement[Any], pattern: str, wanted: str) -> ColumnElement[Any]:
    """Return a text that fits a pattern, or one that no cast will take."""
    refused = sa.literal(f"not {wanted}: ", sa.Text()) + text
    return sa.case((text.regexp_match(pattern), text), else_=refused)


def _constant(value: ColumnElement[Any], least: int) -> bool:
    """Tell whether a value is written out and, as a number or by its length, is at least so large."""
    held = getattr(value, "value", None)
    size = len(held) if isinstance(held, str) else held
    return isinstance(size, int) and size >= least
